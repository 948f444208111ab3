#include "tdm.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "g711.h"

void tdm_attach(struct tdm *t, struct tdm_stream *stream)
{
    t->stream = stream;
    t->in_octets = t->unsent_octets = 0;
}

struct tdm_stream *tdm_detach(struct tdm *t)
{
    struct tdm_stream *stream = t->stream;
    t->stream = NULL;
    return stream;
}

enum tdm_got tdm_read(struct tdm *t)
{
    if (t->stream == NULL)
        return TDM_NOTHING;
    if (t->in_octets == TDM_BLOCK)
        t->in_octets = 0;
    ssize_t got = recv(t->stream->fd, t->in + t->in_octets,
                       (size_t)(TDM_BLOCK - t->in_octets), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        return TDM_ENDED;
    if (got < 0)
        return TDM_NOTHING;
    t->in_octets += (int)got;
    return t->in_octets == TDM_BLOCK ? TDM_WHOLE_BLOCK : TDM_NOTHING;
}

void tdm_begin_out(struct tdm *t)
{
    memset(t->out, ALAW_SILENCE, TDM_BLOCK);
    for (int frame = 0; frame < TDM_FRAMES; frame++)
        t->out[frame * TDM_SLOTS] = frame & 1 ? TDM_NFAS : TDM_FAS;
}

static int send_some(struct tdm *t, const uint8_t *octets, int count)
{
    ssize_t sent = send(t->stream->fd, octets, (size_t)count, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? (int)sent : 0;
}

void tdm_write(struct tdm *t)
{
    if (t->unsent_octets > 0) {
        int sent = send_some(t, t->unsent, t->unsent_octets);
        t->unsent_octets -= sent;
        memmove(t->unsent, t->unsent + sent, (size_t)t->unsent_octets);
        if (t->unsent_octets > 0) {
            count_add(&t->unwritten, TDM_BLOCK);
            return;
        }
    }
    int sent = send_some(t, t->out, TDM_BLOCK);
    if (sent == 0) {
        count_add(&t->unwritten, TDM_BLOCK);
        return;
    }
    t->unsent_octets = TDM_BLOCK - sent;
    memcpy(t->unsent, t->out + sent, (size_t)t->unsent_octets);
}
