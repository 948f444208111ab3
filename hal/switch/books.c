#include "books.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void books_lend(struct audio_switch *s, struct object *o)
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

static void free_srtp(struct srtp *srtp)
{
    explicit_bzero(srtp, sizeof *srtp); /* keys */
    free(srtp);
}

void books_free(struct audio_switch *s, struct object *o)
{
    unlend(s, o);
    switch (o->kind) {
    case OBJECT_SOUND:
    case OBJECT_TAP: free(o); break;
    case OBJECT_RECEIVERS: receivers_free((struct receivers *)o); break;
    case OBJECT_ECHO: echo_free((struct echo *)o); break;
    case OBJECT_CODER: coder_free((struct coder *)o); break;
    case OBJECT_TDM: free_stream((struct tdm_stream *)o); break;
    case OBJECT_SRTP: free_srtp((struct srtp *)o); break;
    case OBJECT_PORT: break;
    }
}

static void free_entry(struct audio_switch *s, const struct port *p)
{
    struct entry *e = &s->entries[p->index];
    if (e->fd >= 0)
        close(e->fd);
    if (e->rtcp_fd >= 0)
        close(e->rtcp_fd);
    e->fd = e->rtcp_fd = -1;
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
            books_free(s, o);
        o = below;
    }
}

void switch_gather(struct audio_switch *s, int is_on)
{
    s->is_gathering = is_on;
    switch_wake(s);
}

void switch_wake(struct audio_switch *s)
{
    uint64_t one = 1;
    if (s->has_orders && ring_used(&s->core.commands) == 0)
        s->has_orders = false; /* taken already */
    /* EAGAIN: it has been woken 2^64 times and not looked, so it will */
    if (s->has_orders && (write(s->core.command_fd, &one, sizeof one) == sizeof one ||
                          errno == EAGAIN))
        s->has_orders = false;
}

int books_order(struct audio_switch *s, const struct command *o)
{
    if (!ring_put(&s->core.commands, o)) {
        s->commands_refused++;
        return SWITCH_BUSY;
    }
    s->has_orders = true;
    if (!s->is_gathering || ring_used(&s->core.commands) > COMMANDS / 2)
        switch_wake(s);
    switch_collect(s);
    return SWITCH_OK;
}

int books_order_lent(struct audio_switch *s, const struct command *o)
{
    int code = books_order(s, o);
    if (code == SWITCH_BUSY && o->object)
        books_free(s, o->object);
    return code;
}

int books_find(const struct audio_switch *s, int port, enum switch_port_kind kind)
{
    int index = port & (SWITCH_PORTS - 1);
    const struct entry *e = &s->entries[index];
    if (port <= 0 || e->state != ENTRY_OPEN || e->generation != port / SWITCH_PORTS)
        return SWITCH_NO_SUCH_PORT;
    return kind != PORT_FREE && e->kind != kind ? SWITCH_WRONG_KIND : index;
}
