/* The control side of switch.h: books of ports and of everything lent to the audio thread. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core.h"

#define UDP_TRIES 64 /* ephemeral ports drawn until an even one comes */
#define SOCKET_BUFFER (1 << 18)
#define PRIORITY 10 /* of SCHED_FIFO */
#define LAST_GENERATION 0x7fffff

enum entry_state { ENTRY_FREE, ENTRY_OPEN, ENTRY_CLOSING };

struct entry {
    enum entry_state state;
    enum switch_port_kind kind;
    int32_t generation; /* counts the uses of this index, so that old ids are refused */
    int slot, fd;
};

struct audio_switch {
    struct core core;
    bool is_started, is_realtime;
    int echo_delay_ms;
    struct entry entries[SWITCH_PORTS];
    int slot_owner[TDM_SLOTS]; /* index + 1 of the port of a slot, 0: none */
    struct object *lent;
    uint64_t commands_refused;
};

static void lend(struct audio_switch *s, struct object *o)
{
    o->previous = NULL;
    o->next = s->lent;
    if (s->lent)
        s->lent->previous = o;
    s->lent = o;
}

static void unlend(struct audio_switch *s, struct object *o)
{
    if (o->previous)
        o->previous->next = o->next;
    else
        s->lent = o->next;
    if (o->next)
        o->next->previous = o->previous;
}

static void free_stream(struct tdm_stream *stream)
{
    close(stream->fd);
    free(stream);
}

static void free_object(struct audio_switch *s, struct object *o)
{
    unlend(s, o);
    switch (o->kind) {
    case OBJECT_SOUND:
    case OBJECT_TAP: free(o); break;
    case OBJECT_RECEIVERS: receivers_free((struct receivers *)o); break;
    case OBJECT_ECHO: echo_free((struct echo *)o); break;
    case OBJECT_TDM: free_stream((struct tdm_stream *)o); break;
    case OBJECT_PORT: break;
    }
}

static void free_entry(struct audio_switch *s, const struct port *p)
{
    struct entry *e = &s->entries[p->index];
    if (e->fd >= 0)
        close(e->fd);
    e->fd = -1;
    e->state = ENTRY_FREE;
}

void switch_collect(struct audio_switch *s)
{
    struct object *o = object_take_all(&s->core.returned);
    while (o) {
        struct object *below = o->below;
        if (o->kind == OBJECT_PORT)
            free_entry(s, (struct port *)o);
        else
            free_object(s, o);
        o = below;
    }
}

static int order(struct audio_switch *s, const struct command *o)
{
    uint64_t one = 1;
    if (!ring_put(&s->core.commands, o)) {
        s->commands_refused++;
        return SWITCH_BUSY;
    }
    if (write(s->core.command_fd, &one, sizeof one) != sizeof one && errno != EAGAIN)
        return SWITCH_SYSTEM;
    switch_collect(s);
    return SWITCH_OK;
}

/* Order with something lent; if it is refused, free it again. */
static int order_lent(struct audio_switch *s, const struct command *o)
{
    int code = order(s, o);
    if (code == SWITCH_BUSY && o->object)
        free_object(s, o->object);
    return code;
}

struct audio_switch *switch_new(int echo_delay_ms)
{
    struct audio_switch *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->echo_delay_ms = echo_delay_ms;
    for (int i = 0; i < SWITCH_PORTS; i++)
        s->entries[i].fd = -1;
    if (core_init(&s->core) != SWITCH_OK) {
        core_close(&s->core);
        free(s);
        return NULL;
    }
    return s;
}

static int create_thread(struct audio_switch *s, bool is_realtime)
{
    pthread_attr_t how;
    struct sched_param priority = {.sched_priority = PRIORITY};
    pthread_attr_init(&how);
    if (is_realtime) {
        pthread_attr_setinheritsched(&how, PTHREAD_EXPLICIT_SCHED);
        pthread_attr_setschedpolicy(&how, SCHED_FIFO);
        pthread_attr_setschedparam(&how, &priority);
    }
    int failure = pthread_create(&s->core.thread, &how, core_run, &s->core);
    pthread_attr_destroy(&how);
    return failure;
}

int switch_start(struct audio_switch *s)
{
    if (s->is_started)
        return SWITCH_OK;
    atomic_store(&s->core.is_stopping, false);
    s->is_realtime = create_thread(s, true) == 0;
    s->is_started = s->is_realtime || (errno = create_thread(s, false)) == 0;
    return s->is_started ? SWITCH_OK : SWITCH_SYSTEM;
}

void switch_stop(struct audio_switch *s)
{
    uint64_t one = 1;
    if (!s->is_started)
        return;
    atomic_store_explicit(&s->core.is_stopping, true, memory_order_release);
    while (write(s->core.command_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_join(s->core.thread, NULL);
    s->is_started = false;
}

void switch_free(struct audio_switch *s)
{
    uint64_t one = 1;
    switch_stop(s);
    if (write(s->core.command_fd, &one, sizeof one) == sizeof one)
        core_obey(&s->core); /* nobody else does any more */
    for (int i = 0; i < SWITCH_PORTS; i++)
        core_close_port(&s->core, &s->core.ports[i]);
    core_detach_tdm(&s->core);
    switch_collect(s);
    while (s->lent)
        free_object(s, s->lent);
    core_close(&s->core);
    free(s);
}

int switch_event_fd(struct audio_switch *s)
{
    return s->core.event_fd;
}

int switch_next_event(struct audio_switch *s, struct switch_event *event)
{
    return ring_get(&s->core.events, event);
}

/* The index of an open port of `kind` (PORT_FREE: any), or a code. */
static int find(const struct audio_switch *s, int port, enum switch_port_kind kind)
{
    int index = port & (SWITCH_PORTS - 1);
    const struct entry *e = &s->entries[index];
    if (port <= 0 || e->state != ENTRY_OPEN || e->generation != port / SWITCH_PORTS)
        return SWITCH_NO_SUCH_PORT;
    return kind != PORT_FREE && e->kind != kind ? SWITCH_WRONG_KIND : index;
}

static int open_port(struct audio_switch *s, enum switch_port_kind kind, int slot, int fd)
{
    struct command o = {.kind = COMMAND_OPEN};
    int index = 0;
    switch_collect(s);
    while (index < SWITCH_PORTS && s->entries[index].state != ENTRY_FREE)
        index++;
    if (index == SWITCH_PORTS)
        return SWITCH_NO_PORT_LEFT;
    struct entry *e = &s->entries[index];
    int32_t generation = e->generation % LAST_GENERATION + 1;
    int id = generation * SWITCH_PORTS + index;
    o.port = index;
    o.open.kind = kind;
    o.open.id = id;
    o.open.slot = slot;
    o.open.fd = fd;
    if (getrandom(&o.open.ssrc, sizeof o.open.ssrc, 0) < 0 ||
        getrandom(&o.open.timestamp, sizeof o.open.timestamp, 0) < 0 ||
        getrandom(&o.open.sequence, sizeof o.open.sequence, 0) < 0)
        return SWITCH_SYSTEM;
    o.open.sequence &= 0x7fff; /* RFC 3711 3.3.1: no wrap soon after the start */
    int code = order(s, &o);
    if (code != SWITCH_OK)
        return code;
    *e = (struct entry){ENTRY_OPEN, kind, generation, slot, fd};
    return id;
}

static int bind_even(const struct sockaddr_in *local, int *udp_port)
{
    int odd[UDP_TRIES], tries = 0, fd = -1;
    while (fd < 0 && tries < UDP_TRIES) {
        struct sockaddr_in got = *local;
        socklen_t length = sizeof got;
        int one = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (one < 0)
            break;
        if (bind(one, (struct sockaddr *)&got, sizeof got) < 0 ||
            getsockname(one, (struct sockaddr *)&got, &length) < 0) {
            close(one);
            break;
        }
        *udp_port = ntohs(got.sin_port);
        if (*udp_port % 2 == 0)
            fd = one;
        else
            odd[tries++] = one; /* kept for now, or it would be drawn again */
    }
    while (tries > 0)
        close(odd[--tries]);
    return fd;
}

int switch_open_rtp(struct audio_switch *s, const char *local_ip, int *udp_port)
{
    struct sockaddr_in local = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, local_ip, &local.sin_addr) != 1)
        return SWITCH_BAD_ADDRESS;
    int fd = bind_even(&local, udp_port);
    if (fd < 0)
        return errno == EADDRNOTAVAIL ? SWITCH_BAD_ADDRESS : SWITCH_SYSTEM;
    int octets = SOCKET_BUFFER, dscp_ef = 0xb8;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    setsockopt(fd, IPPROTO_IP, IP_TOS, &dscp_ef, sizeof dscp_ef);
    int code = open_port(s, PORT_RTP, 0, fd);
    if (code < 0)
        close(fd);
    return code;
}

int switch_set_rtp(struct audio_switch *s, int port, const struct switch_rtp *to)
{
    struct command o = {.kind = COMMAND_SET_RTP, .port = find(s, port, PORT_RTP)};
    if (o.port < 0)
        return o.port;
    o.rtp.remote.sin_family = AF_INET;
    o.rtp.remote.sin_port = htons((uint16_t)to->remote_port);
    if (inet_pton(AF_INET, to->remote_ip, &o.rtp.remote.sin_addr) != 1)
        return SWITCH_BAD_ADDRESS;
    o.rtp.payload_type = (uint8_t)to->payload_type;
    o.rtp.dtmf_payload_type = to->dtmf_payload_type;
    o.rtp.send = to->send;
    o.rtp.receive = to->receive;
    return order(s, &o);
}

int switch_open_slot(struct audio_switch *s, int slot)
{
    if (s->slot_owner[slot])
        return SWITCH_SLOT_TAKEN;
    int id = open_port(s, PORT_SLOT, slot, -1);
    if (id > 0)
        s->slot_owner[slot] = (id & (SWITCH_PORTS - 1)) + 1;
    return id;
}

int switch_open_player(struct audio_switch *s)
{
    return open_port(s, PORT_PLAYER, 0, -1);
}

int switch_close(struct audio_switch *s, int port)
{
    struct command o = {.kind = COMMAND_CLOSE, .port = find(s, port, PORT_FREE)};
    if (o.port < 0)
        return o.port;
    struct entry *e = &s->entries[o.port];
    e->state = ENTRY_CLOSING; /* before it can come back and be made free */
    int code = order(s, &o);
    if (code == SWITCH_BUSY)
        e->state = ENTRY_OPEN;
    else if (e->kind == PORT_SLOT)
        s->slot_owner[e->slot] = 0;
    return code;
}

static int order_pair(struct audio_switch *s, enum command_kind kind, int listener, int source,
                      double gain)
{
    struct command o = {.kind = kind, .gain = (float)gain};
    o.port = find(s, listener, PORT_FREE);
    o.other = find(s, source, PORT_FREE);
    if (o.port < 0 || o.other < 0)
        return SWITCH_NO_SUCH_PORT;
    return order(s, &o);
}

int switch_hear(struct audio_switch *s, int listener, int source, double gain)
{
    return order_pair(s, COMMAND_HEAR, listener, source, gain);
}

int switch_unhear(struct audio_switch *s, int listener, int source)
{
    return order_pair(s, COMMAND_UNHEAR, listener, source, 0);
}

struct sound *switch_load(struct audio_switch *s, const uint8_t *alaw, uint32_t octets, int id)
{
    struct sound *sound = calloc(1, sizeof *sound + octets);
    if (sound == NULL)
        return NULL;
    sound->object.kind = OBJECT_SOUND;
    sound->id = id;
    sound->octets = octets;
    memcpy(sound->alaw, alaw, octets);
    lend(s, &sound->object);
    return sound;
}

int switch_unload(struct audio_switch *s, struct sound *sound)
{
    return order(s, &(struct command){.kind = COMMAND_UNLOAD, .object = sound});
}

int switch_play(struct audio_switch *s, int port, struct sound *sound, int loop, double gain)
{
    int index = find(s, port, PORT_FREE);
    if (index < 0)
        return index;
    return order(s, &(struct command){.kind = COMMAND_PLAY, .port = index, .object = sound,
                                      .is_on = loop, .gain = (float)gain});
}

int switch_stop_playing(struct audio_switch *s, int port)
{
    int index = find(s, port, PORT_FREE);
    if (index < 0)
        return index;
    return order(s, &(struct command){.kind = COMMAND_STOP_PLAYING, .port = index});
}

int switch_send_digits(struct audio_switch *s, int port, const char *digits)
{
    struct command o = {.kind = COMMAND_SEND_DIGITS, .port = find(s, port, PORT_FREE)};
    if (o.port < 0)
        return o.port;
    strncpy(o.digits, digits, sizeof o.digits - 1);
    return order(s, &o);
}

int switch_detect(struct audio_switch *s, int port, int what)
{
    struct command o = {.kind = COMMAND_DETECT, .port = find(s, port, PORT_FREE)};
    if (o.port < 0)
        return o.port;
    if (what) {
        struct receivers *r = receivers_new(what);
        if (r == NULL)
            return SWITCH_NO_MEMORY;
        lend(s, &r->object);
        o.object = r;
    }
    return order_lent(s, &o);
}

int switch_cancel_echo(struct audio_switch *s, int port, int on)
{
    struct command o = {.kind = COMMAND_CANCEL_ECHO, .port = find(s, port, PORT_FREE)};
    if (o.port < 0)
        return o.port;
    if (on) {
        struct echo *e = echo_new(s->echo_delay_ms);
        if (e == NULL)
            return SWITCH_NO_MEMORY;
        lend(s, &e->object);
        o.object = e;
    }
    return order_lent(s, &o);
}

struct tap *switch_open_tap(struct audio_switch *s, int port, int *code)
{
    struct command o = {.kind = COMMAND_OPEN_TAP, .port = find(s, port, PORT_FREE)};
    *code = o.port;
    if (o.port < 0)
        return NULL;
    struct tap *tap = malloc(sizeof *tap); /* not calloc: 480 KB that are written before read */
    *code = SWITCH_NO_MEMORY;
    if (tap == NULL)
        return NULL;
    tap_init(tap);
    tap->object.kind = OBJECT_TAP;
    lend(s, &tap->object);
    o.object = tap;
    *code = order_lent(s, &o);
    return *code == SWITCH_BUSY ? NULL : tap;
}

int switch_read_tap(struct tap *tap, uint8_t *octets, int limit, uint64_t *offset)
{
    return tap_read(tap, octets, limit, offset);
}

int switch_mask_tap(struct audio_switch *s, struct tap *tap, int on)
{
    return order(s, &(struct command){.kind = COMMAND_MASK_TAP, .object = tap, .is_on = on});
}

int switch_close_tap(struct audio_switch *s, struct tap *tap)
{
    return order(s, &(struct command){.kind = COMMAND_CLOSE_TAP, .object = tap});
}

int switch_attach_tdm(struct audio_switch *s, int fd)
{
    struct tdm_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return SWITCH_NO_MEMORY;
    stream->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (stream->fd < 0) {
        free(stream);
        return SWITCH_SYSTEM;
    }
    stream->object.kind = OBJECT_TDM;
    lend(s, &stream->object);
    return order_lent(s, &(struct command){.kind = COMMAND_ATTACH_TDM, .object = stream});
}

void switch_counters(struct audio_switch *s, struct switch_counters *to)
{
    const struct core *c = &s->core;
    *to = (struct switch_counters){
        .ticks = count_read(&c->ticks),
        .late_ticks = count_read(&c->late_ticks),
        .worst_tick_us = count_read(&c->worst_tick_us),
        .events_dropped = count_read(&c->events_dropped),
        .commands_refused = s->commands_refused,
        .tdm_unwritten = count_read(&c->tdm.unwritten),
        .packets_forwarded = count_read(&c->forwarded),
        .tdm_running = (int32_t)count_read(&c->tdm_running),
        .is_realtime = s->is_realtime,
    };
}

static void read_port(const struct port *p, struct switch_port_counters *to)
{
    const struct port_counts *n = &p->counts;
    to->packets_in = count_read(&n->packets_in);
    to->packets_out = count_read(&n->packets_out);
    to->packets_lost = count_read(&n->packets_lost);
    to->packets_late = count_read(&n->packets_late);
    to->packets_refused = count_read(&n->packets_refused);
    to->concealed_samples = count_read(&n->concealed_samples);
    to->jitter_ms = (double)atomic_load(&n->jitter_samples) / 8;
    to->level_in_dbm0 = level_dbm0(atomic_load(&p->level_in.power));
    to->level_out_dbm0 = level_dbm0(atomic_load(&p->level_out.power));
    to->erle_db = echo_erle_db(atomic_load(&p->echo_before), atomic_load(&p->echo_after));
}

int switch_port_counters(struct audio_switch *s, struct switch_port_counters *ports)
{
    int count = 0;
    for (int i = 0; i < SWITCH_PORTS; i++) {
        const struct entry *e = &s->entries[i];
        if (e->state != ENTRY_OPEN)
            continue;
        struct switch_port_counters *to = &ports[count++];
        read_port(&s->core.ports[i], to);
        to->port = e->generation * SWITCH_PORTS + i;
        to->kind = (int32_t)e->kind;
    }
    return count;
}
