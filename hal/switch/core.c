#include "core.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TURN_EVENTS 600     /* every descriptor there is, in one turn */
#define TIMER_NS 20000000ull
#define TDM_NS 10000000ull
#define MOST_CAUGHT_UP 50   /* ticks run at once after a stall: 1 s; more are left out */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

uint64_t core_now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static int watch(struct core *c, int fd, uint32_t what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = what};
    return epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int core_init(struct core *c)
{
    g711_tables_init(&c->g711);
    ring_init(&c->commands, c->command_memory, sizeof *c->command_memory, COMMANDS);
    ring_init(&c->events, c->event_memory, sizeof *c->event_memory, EVENTS);
    c->wall_offset_ns = clock_ns(CLOCK_REALTIME) - core_now_ns();
    c->tick_samples = BLOCK;
    for (int i = 0; i < SWITCH_PORTS; i++)
        c->ports[i].index = i;
    c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    c->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    c->command_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    c->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (c->epoll_fd < 0 || c->timer_fd < 0 || c->command_fd < 0 || c->event_fd < 0 ||
        watch(c, c->command_fd, ON_COMMAND) < 0 || watch(c, c->timer_fd, ON_TIMER) < 0)
        return SWITCH_SYSTEM;
    return SWITCH_OK;
}

void core_close(struct core *c)
{
    int fds[] = {c->epoll_fd, c->timer_fd, c->command_fd, c->event_fd};
    for (int i = 0; i < 4; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

void core_emit(struct core *c, struct port *p, struct switch_event *event)
{
    event->port = p ? p->id : 0;
    event->at_samples = c->clock_samples;
    if (ring_put(&c->events, event))
        c->has_news = true;
    else
        count_add(&c->events_dropped, 1);
}

static void set_timer(struct core *c, uint64_t first_ns, uint64_t every_ns)
{
    struct itimerspec t = {
        .it_value = {(time_t)(first_ns / 1000000000), (long)(first_ns % 1000000000)},
        .it_interval = {0, (long)every_ns},
    };
    timerfd_settime(c->timer_fd, TFD_TIMER_ABSTIME, &t, NULL);
}

static void tick_by_timer(struct core *c)
{
    c->tick_samples = BLOCK;
    c->due_ns = c->now_ns + TIMER_NS;
    set_timer(c, c->due_ns, TIMER_NS);
}

static void tdm_set_running(struct core *c, bool is_running)
{
    if (c->tdm.is_running == is_running)
        return;
    c->tdm.is_running = is_running;
    count_set(&c->tdm_running, is_running);
    core_emit(c, NULL, &(struct switch_event){.kind = EVENT_TDM, .a = is_running});
    if (is_running) {
        c->tick_samples = BLOCK / 2;
        set_timer(c, c->now_ns + TDM_NS, TDM_NS); /* now only watches for a stall */
    } else {
        tick_by_timer(c);
    }
}

void core_detach_tdm(struct core *c)
{
    struct tdm_stream *stream = tdm_detach(&c->tdm);
    if (stream == NULL)
        return;
    epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, stream->fd, NULL);
    object_return(&c->returned, &stream->object);
    tdm_set_running(c, false);
}

static void timed_tick(struct core *c, uint64_t due_ns, int samples)
{
    uint64_t begun = core_now_ns();
    if (begun > due_ns + (uint64_t)samples * 125000 / 2)
        count_add(&c->late_ticks, 1);
    tick_run(c, samples);
    uint64_t took_us = (core_now_ns() - begun) / 1000;
    if (took_us > count_read(&c->worst_tick_us))
        count_set(&c->worst_tick_us, took_us);
    count_add(&c->ticks, 1);
}

static void on_timer(struct core *c)
{
    uint64_t expired;
    if (read(c->timer_fd, &expired, sizeof expired) != sizeof expired)
        return;
    if (c->tdm.is_running) {
        if (c->now_ns > c->tdm.last_ns + c->tdm.stall_ns)
            tdm_set_running(c, false);
        return;
    }
    for (int i = 0; c->due_ns <= c->now_ns && i < MOST_CAUGHT_UP; i++) {
        timed_tick(c, c->due_ns, BLOCK);
        c->due_ns += TIMER_NS;
    }
    while (c->due_ns <= c->now_ns) { /* hopeless: keep to the clock */
        c->due_ns += TIMER_NS;
        count_add(&c->late_ticks, 1);
    }
}

static void on_tdm(struct core *c)
{
    enum tdm_got got;
    while ((got = tdm_read(&c->tdm)) == TDM_WHOLE_BLOCK) {
        bool was_running = c->tdm.is_running;
        uint64_t due_ns = was_running ? c->due_ns : c->now_ns;
        c->tdm.last_ns = c->now_ns;
        tdm_set_running(c, true);
        tdm_begin_out(&c->tdm);
        timed_tick(c, due_ns, BLOCK / 2);
        tdm_write(&c->tdm);
        c->due_ns = c->now_ns + TDM_NS;
    }
    if (got == TDM_ENDED)
        core_detach_tdm(c);
}

static void tell_news(struct core *c)
{
    uint64_t one = 1;
    if (c->has_news && write(c->event_fd, &one, sizeof one) == sizeof one)
        c->has_news = false;
}

/* Take the wake-ups out of an eventfd; none there is fine. */
static void quiet(int fd)
{
    uint64_t times;
    while (read(fd, &times, sizeof times) < 0 && errno == EINTR)
        ;
}

static void take_turn(struct core *c, const struct epoll_event *ready, int count)
{
    bool orders = false, timer = false, stream = false;
    c->now_ns = core_now_ns();
    for (int i = 0; i < count; i++) {
        uint32_t what = ready[i].data.u32;
        if (what < SWITCH_PORTS)
            media_readable(c, &c->ports[what]);
        else if (what >= ON_RTCP)
            reports_readable(c, &c->ports[what - ON_RTCP]);
        orders |= what == ON_COMMAND;
        timer |= what == ON_TIMER;
        stream |= what == ON_TDM;
    }
    if (orders)
        quiet(c->command_fd);
    core_obey(c); /* in every turn: some are given before the thread is woken for them */
    if (stream)
        on_tdm(c);
    if (timer)
        on_timer(c);
    tell_news(c);
}

void *core_run(void *core)
{
    struct core *c = core;
    struct epoll_event ready[TURN_EVENTS];
    c->now_ns = core_now_ns();
    tick_by_timer(c);
    while (!atomic_load_explicit(&c->is_stopping, memory_order_acquire)) {
        int count = epoll_wait(c->epoll_fd, ready, TURN_EVENTS, -1);
        take_turn(c, ready, count < 0 ? 0 : count);
    }
    return NULL;
}
