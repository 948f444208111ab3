/* switch.h: the switch's life, and what is lent to it: sounds, receivers, taps, streams. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "books.h"

#define PRIORITY 10 /* of SCHED_FIFO */

struct audio_switch *switch_new(int echo_delay_ms, int tdm_stall_ms)
{
    struct audio_switch *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->echo_delay_ms = echo_delay_ms;
    s->core.tdm.stall_ns = (uint64_t)tdm_stall_ms * 1000000;
    for (int i = 0; i < SWITCH_PORTS; i++)
        s->entries[i].fd = s->entries[i].rtcp_fd = -1;
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
    switch_stop(s);
    core_obey(&s->core); /* nobody else does any more */
    for (int i = 0; i < SWITCH_PORTS; i++)
        core_close_port(&s->core, &s->core.ports[i]);
    core_detach_tdm(&s->core);
    switch_collect(s);
    while (s->lent)
        books_free(s, s->lent);
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

struct sound *switch_load(struct audio_switch *s, const uint8_t *alaw, uint32_t octets, int id)
{
    struct sound *sound = calloc(1, sizeof *sound + octets);
    if (sound == NULL)
        return NULL;
    sound->object.kind = OBJECT_SOUND;
    sound->id = id;
    sound->octets = octets;
    memcpy(sound->alaw, alaw, octets);
    books_lend(s, &sound->object);
    return sound;
}

int switch_unload(struct audio_switch *s, struct sound *sound)
{
    return books_order(s, &(struct command){.kind = COMMAND_UNLOAD, .object = sound});
}

int switch_play(struct audio_switch *s, int port, struct sound *sound, int loop, double gain)
{
    int index = books_find(s, port, PORT_FREE);
    if (index < 0)
        return index;
    return books_order(s, &(struct command){.kind = COMMAND_PLAY, .port = index, .object = sound,
                                      .is_on = loop, .gain = (float)gain});
}

int switch_stop_playing(struct audio_switch *s, int port)
{
    int index = books_find(s, port, PORT_FREE);
    if (index < 0)
        return index;
    return books_order(s, &(struct command){.kind = COMMAND_STOP_PLAYING, .port = index});
}

int switch_send_digits(struct audio_switch *s, int port, const char *digits)
{
    struct command o = {.kind = COMMAND_SEND_DIGITS, .port = books_find(s, port, PORT_FREE)};
    if (o.port < 0)
        return o.port;
    strncpy(o.digits, digits, sizeof o.digits - 1);
    return books_order(s, &o);
}

int switch_detect(struct audio_switch *s, int port, int what)
{
    struct command o = {.kind = COMMAND_DETECT, .port = books_find(s, port, PORT_FREE)};
    if (o.port < 0)
        return o.port;
    if (what) {
        struct receivers *r = receivers_new(what);
        if (r == NULL)
            return SWITCH_NO_MEMORY;
        books_lend(s, &r->object);
        o.object = r;
    }
    return books_order_lent(s, &o);
}

int switch_cancel_echo(struct audio_switch *s, int port, int on)
{
    struct command o = {.kind = COMMAND_CANCEL_ECHO, .port = books_find(s, port, PORT_FREE)};
    if (o.port < 0)
        return o.port;
    if (on) {
        struct echo *e = echo_new(s->echo_delay_ms);
        if (e == NULL)
            return SWITCH_NO_MEMORY;
        books_lend(s, &e->object);
        o.object = e;
    }
    return books_order_lent(s, &o);
}

struct tap *switch_open_tap(struct audio_switch *s, int port, int *code)
{
    struct command o = {.kind = COMMAND_OPEN_TAP, .port = books_find(s, port, PORT_FREE)};
    *code = o.port;
    if (o.port < 0)
        return NULL;
    struct tap *tap = malloc(sizeof *tap); /* not calloc: 480 KB that are written before read */
    *code = SWITCH_NO_MEMORY;
    if (tap == NULL)
        return NULL;
    tap_init(tap);
    tap->object.kind = OBJECT_TAP;
    books_lend(s, &tap->object);
    o.object = tap;
    *code = books_order_lent(s, &o);
    return *code == SWITCH_BUSY ? NULL : tap;
}

int switch_read_tap(struct tap *tap, uint8_t *octets, int limit, uint64_t *offset)
{
    return tap_read(tap, octets, limit, offset);
}

int switch_mask_tap(struct audio_switch *s, struct tap *tap, int on)
{
    return books_order(s, &(struct command){.kind = COMMAND_MASK_TAP, .object = tap, .is_on = on});
}

int switch_close_tap(struct audio_switch *s, struct tap *tap)
{
    return books_order(s, &(struct command){.kind = COMMAND_CLOSE_TAP, .object = tap});
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
    books_lend(s, &stream->object);
    return books_order_lent(s, &(struct command){.kind = COMMAND_ATTACH_TDM, .object = stream});
}
