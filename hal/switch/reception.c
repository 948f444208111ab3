#include "reception.h"

#include <stdlib.h>
#include <string.h>

#define MOST_LOST_IN_A_ROW 500 /* a bigger step is a new stream, not loss */
#define FIRST_TURN 0x10000u    /* so that a packet before the first has a number as well */

static void begin(struct reception *r, const struct rtp_packet *p)
{
    *r = (struct reception){
        .is_begun = true,
        .ssrc = p->ssrc,
        .first = FIRST_TURN + p->sequence,
        .newest = FIRST_TURN + p->sequence,
        .seen = 1,
        .received = 1,
    };
}

/* A packet of another stream, or the beginning of it. */
static enum reception_order begin_or_wait(struct reception *r, const struct rtp_packet *p)
{
    bool follows = r->has_stray && p->ssrc == r->stray_ssrc && p->sequence == r->after_stray;
    if (!r->is_begun || follows) {
        begin(r, p);
        return RECEPTION_BEGINS;
    }
    r->has_stray = true;
    r->stray_ssrc = p->ssrc;
    r->after_stray = (uint16_t)(p->sequence + 1);
    return RECEPTION_STRAY;
}

enum reception_order reception_take(struct reception *r, const struct rtp_packet *p, int *skipped)
{
    int step = (int16_t)(p->sequence - (uint16_t)r->newest);
    *skipped = 0;
    if (!r->is_begun || p->ssrc != r->ssrc || abs(step) > MOST_LOST_IN_A_ROW)
        return begin_or_wait(r, p);
    if (step > 0) {
        r->newest += (uint32_t)step;
        r->seen = step < 32 ? (r->seen << step) | 1 : 1;
        r->received++;
        *skipped = step - 1;
        return RECEPTION_NEXT;
    }
    if (step <= -32 || r->seen & (1u << -step))
        return RECEPTION_REPEAT;
    r->seen |= 1u << -step;
    r->received++;
    uint32_t number = r->newest + (uint32_t)step;
    if ((int32_t)(number - r->first) < 0)
        r->first = number; /* the stream began with this one, it only came later */
    return RECEPTION_LATE;
}

void reception_time(struct reception *r, uint32_t timestamp, uint32_t now)
{
    uint32_t transit = now - timestamp;
    if (r->has_transit) {
        int32_t change = (int32_t)(transit - r->transit);
        r->jitter += ((float)labs((long)change) - r->jitter) / 16.0f;
    }
    r->transit = transit;
    r->has_transit = true;
}

uint32_t reception_expected(const struct reception *r)
{
    return r->is_begun ? r->newest - r->first + 1 : 0;
}
