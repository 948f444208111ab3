/* What the control side orders, carried out on the audio thread (core.h). */
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core.h"

static void watch(struct core *c, int fd, uint32_t what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = what};
    epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void open_port(struct core *c, struct port *p, const struct command *o)
{
    memset(&p->counts, 0, sizeof p->counts);
    atomic_store_explicit(&p->counts.far_lost, -1, memory_order_relaxed);
    atomic_store_explicit(&p->counts.far_jitter_ms, -1, memory_order_relaxed);
    atomic_store_explicit(&p->counts.round_trip_ms, -1, memory_order_relaxed);
    memset(&p->digits, 0, sizeof p->digits);
    p->object.kind = OBJECT_PORT;
    p->kind = o->open.kind;
    p->id = o->open.id;
    p->slot = o->open.slot;
    p->hears_count = 0;
    p->wants_in = false;
    p->forward_to = -1;
    atomic_store_explicit(&p->level_in.power, 0, memory_order_relaxed);
    atomic_store_explicit(&p->level_out.power, 0, memory_order_relaxed);
    memset(p->in, 0, sizeof p->in);
    memset(p->out, 0, sizeof p->out);
    plan_add(&c->plan, c->ports, p->index);
    leg_init(&p->leg, o->open.fd, o->open.ssrc, o->open.sequence, o->open.timestamp);
    reports_init(&p->reports, o->open.rtcp_fd, o->open.cname, o->open.ssrc);
    if (p->kind == PORT_RTP) {
        watch(c, p->leg.fd, (uint32_t)p->index);
        watch(c, p->reports.fd, ON_RTCP + (uint32_t)p->index);
    }
}

static void unhear(struct port *listener, int source)
{
    for (int i = 0; i < listener->hears_count; i++)
        if (listener->hears[i].source == source) {
            listener->hears[i] = listener->hears[--listener->hears_count];
            return;
        }
}

static void hear(struct port *listener, int source, float gain)
{
    unhear(listener, source);
    listener->hears[listener->hears_count++] = (struct hearing){(uint16_t)source, gain};
}

static void set_receivers(struct core *c, struct port *p, struct receivers *r)
{
    if (p->receivers)
        object_return(&c->returned, &p->receivers->object);
    p->receivers = r;
}

static void set_echo(struct core *c, struct port *p, struct echo *e)
{
    if (p->echo)
        object_return(&c->returned, &p->echo->object);
    p->echo = e;
    atomic_store_explicit(&p->echo_before, 0, memory_order_relaxed);
    atomic_store_explicit(&p->echo_after, 0, memory_order_relaxed);
}

static void set_coder(struct core *c, struct port *p, struct coder *coder)
{
    if (p->leg.coder)
        object_return(&c->returned, &p->leg.coder->object);
    p->leg.coder = coder;
}

static void set_srtp(struct core *c, struct srtp **kept, struct srtp *srtp)
{
    if (*kept)
        object_return(&c->returned, &(*kept)->object);
    *kept = srtp;
}

static void set_rtp(struct core *c, struct port *p, const struct command *o)
{
    if (o->rtp.is_coder_new)
        set_coder(c, p, o->object);
    if (o->rtp.srtp_out)
        set_srtp(c, &p->leg.srtp_out, o->rtp.srtp_out);
    if (o->rtp.srtp_in)
        set_srtp(c, &p->leg.srtp_in, o->rtp.srtp_in);
    leg_set(&p->leg, &o->rtp.setting, c->now_ns);
    reports_set(c, p);
}

static void open_tap(struct port *p, struct tap *t)
{
    if (p->kind == PORT_FREE)
        return;
    t->port = p->index;
    t->next_on_port = p->taps;
    p->taps = t;
}

static void close_tap(struct core *c, struct tap *t)
{
    if (t->port >= 0) {
        struct tap **at = &c->ports[t->port].taps;
        while (*at != t)
            at = &(*at)->next_on_port;
        *at = t->next_on_port;
    }
    object_return(&c->returned, &t->object);
}

static void end_taps(struct port *p)
{
    for (struct tap *t = p->taps; t; t = t->next_on_port)
        t->port = -1;
    p->taps = NULL;
}

void core_close_port(struct core *c, struct port *p)
{
    if (p->kind == PORT_FREE)
        return;
    if (p->kind == PORT_RTP) {
        reports_end(c, p);
        epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, p->leg.fd, NULL);
        epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, p->reports.fd, NULL);
    }
    for (int i = 0; i < c->plan.open_count; i++)
        unhear(&c->ports[c->plan.open[i]], p->index);
    player_stop(&p->player, &c->returned);
    set_receivers(c, p, NULL);
    set_echo(c, p, NULL);
    set_coder(c, p, NULL);
    set_srtp(c, &p->leg.srtp_out, NULL);
    set_srtp(c, &p->leg.srtp_in, NULL);
    end_taps(p);
    p->kind = PORT_FREE;
    object_return(&c->returned, &p->object);
}

static void attach_tdm(struct core *c, struct tdm_stream *stream)
{
    core_detach_tdm(c);
    tdm_attach(&c->tdm, stream);
    watch(c, stream->fd, ON_TDM);
}

static void play(struct core *c, struct port *p, const struct command *o)
{
    if (p->kind != PORT_FREE)
        player_start(&p->player, o->object, o->is_on, o->gain, &c->returned);
}

static void obey(struct core *c, const struct command *o)
{
    struct port *p = &c->ports[o->port];
    switch (o->kind) {
    case COMMAND_OPEN: open_port(c, p, o); break;
    case COMMAND_CLOSE: core_close_port(c, p); break;
    case COMMAND_SET_RTP: set_rtp(c, p, o); break;
    case COMMAND_HEAR: hear(p, o->other, o->gain); break;
    case COMMAND_UNHEAR: unhear(p, o->other); break;
    case COMMAND_UNLOAD: sound_unload(o->object, &c->returned); break;
    case COMMAND_PLAY: play(c, p, o); break;
    case COMMAND_STOP_PLAYING: player_stop(&p->player, &c->returned); break;
    case COMMAND_SEND_DIGITS: digits_queue(&p->digits, o->digits); break;
    case COMMAND_DETECT: set_receivers(c, p, o->object); break;
    case COMMAND_CANCEL_ECHO: set_echo(c, p, o->object); break;
    case COMMAND_OPEN_TAP: open_tap(p, o->object); break;
    case COMMAND_MASK_TAP: ((struct tap *)o->object)->is_masked = o->is_on; break;
    case COMMAND_CLOSE_TAP: close_tap(c, o->object); break;
    case COMMAND_ATTACH_TDM: attach_tdm(c, o->object); break;
    }
}

void core_obey(struct core *c)
{
    struct command order;
    while (ring_get(&c->commands, &order)) {
        obey(c, &order);
        c->is_plan_stale = true;
    }
    if (c->is_plan_stale)
        plan_make(&c->plan, c->ports);
    c->is_plan_stale = false;
}
