#include "echo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "level.h"

#define TALK_POWER 5.0e4f /* about -38 dBm0: below it there is no echo to measure by */
#define SMOOTHING 0.02f   /* per block of 10 ms: half a second */

struct echo *echo_new(int delay_ms)
{
    struct echo *e = calloc(1, sizeof *e);
    if (e == NULL)
        return NULL;
    e->object.kind = OBJECT_ECHO;
    e->filter = speex_echo_state_init(ECHO_BLOCK, ECHO_TAIL);
    if (e->filter == NULL) {
        free(e);
        return NULL;
    }
    /* Below 12 kHz speexdsp puts a notch in the signal path that takes voices' fundamentals away
     * (-2.6 dB and 80 degrees at 187 Hz, measured); from 12 kHz on it only takes the DC. The rate
     * is used for nothing else but the speed of adaptation, two thirds of that at 8 kHz. */
    int rate = 12000;
    speex_echo_ctl(e->filter, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
    e->delay = (uint32_t)delay_ms * 8;
    return e;
}

void echo_free(struct echo *e)
{
    speex_echo_state_destroy(e->filter);
    free(e);
}

void echo_sent(struct echo *e, const int16_t *samples, int count)
{
    for (int i = 0; i < count; i++)
        e->reference[e->sent++ % ECHO_QUEUE] = samples[i];
}

static void smooth(_Atomic float *to, float power)
{
    float old = atomic_load_explicit(to, memory_order_relaxed);
    atomic_store_explicit(to, old + (power - old) * SMOOTHING, memory_order_relaxed);
}

static void cancel_block(struct echo *e, int16_t *samples, uint32_t sent_at)
{
    int16_t sent[ECHO_BLOCK], clean[ECHO_BLOCK];
    for (int i = 0; i < ECHO_BLOCK; i++)
        sent[i] = e->reference[(sent_at + (uint32_t)i) % ECHO_QUEUE];
    speex_echo_cancellation(e->filter, samples, sent, clean);
    if (level_power(sent, ECHO_BLOCK) > TALK_POWER) {
        smooth(&e->before, level_power(samples, ECHO_BLOCK));
        smooth(&e->after, level_power(clean, ECHO_BLOCK));
    }
    memcpy(samples, clean, sizeof clean);
}

void echo_cancel(struct echo *e, int16_t *samples, int count)
{
    /* counted back from the newest, so that a change of the tick's length shifts nothing */
    uint32_t first = e->sent - e->delay - (uint32_t)count;
    for (int at = 0; at + ECHO_BLOCK <= count; at += ECHO_BLOCK)
        cancel_block(e, samples + at, first + (uint32_t)at);
}

double echo_erle_db(float before, float after)
{
    if (before < 1)
        return 0;
    return 10 * log10((double)before / (after < 1 ? 1.0 : (double)after));
}
