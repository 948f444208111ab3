/* Line echo canceller of one port (ITU-T G.168 in purpose; the adaptive filter is speexdsp's).
 *
 * The reference is what the port was sent, one block earlier than the block now received, plus
 * `delay` for the buffers of a sound card between. Tail 32 ms, blocks of 80 samples. Two
 * processings around: what comes in is cancelled before anything listens to it.
 * Made and freed on the control side. Tests: tests/hal/switch/test_lines.py.
 */
#ifndef CALLBOX_ECHO_H
#define CALLBOX_ECHO_H

#include <speex/speex_echo.h>
#include <stdatomic.h>
#include <stdint.h>

#include "object.h"

#define ECHO_BLOCK 80
#define ECHO_TAIL 256
#define ECHO_QUEUE 2048 /* reference samples kept: more than the longest delay and a block */
#define ECHO_MOST_DELAY_MS 100

struct echo {
    struct object object;
    SpeexEchoState *filter;
    int16_t reference[ECHO_QUEUE]; /* the newest of what was sent */
    uint32_t sent;                 /* samples sent so far */
    uint32_t delay;                /* samples */
    _Atomic float before, after;   /* smoothed power while the far side talks */
};

struct echo *echo_new(int delay_ms); /* NULL: no memory */
void echo_free(struct echo *e);
void echo_sent(struct echo *e, const int16_t *samples, int count);
void echo_cancel(struct echo *e, int16_t *samples, int count); /* count: multiple of ECHO_BLOCK */
double echo_erle_db(float before, float after); /* echo return loss enhancement */

#endif
