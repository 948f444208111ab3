/* Tone segments: stretches of one or two steady sine tones, or of silence (ITU-T E.180 tones).
 *
 * Every 20 ms the last 40 ms are fitted by a symmetric linear predictor (Prony's method for
 * undamped sines): x[n+L] + x[n-L] = 2 cos(Lw) x[n] for one tone and its second-order form for
 * two. This gives the frequencies themselves, to about 5 Hz, not the nearest of a list, and the
 * misfit tells tone from speech. Two tones must be at least 40 Hz apart. Sound that is neither
 * tone nor silence ends a segment and is not reported. A tone that never ends is reported in
 * pieces of 3 s, silence in pieces of 6 s. Durations are good to 20 ms.
 * Leaves out cadences: whoever listens matches them.
 * Tests: tests/hal/switch/test_receivers.py.
 */
#ifndef CALLBOX_TONES_H
#define CALLBOX_TONES_H

#include <stdint.h>

#define TONES_HOP 160    /* 20 ms */
#define TONES_WINDOW 320 /* 40 ms */

typedef void (*tones_report)(void *to, int f1_hz, int f2_hz, int ms);

struct tone_kind {
    float f1_hz, f2_hz; /* ascending; f2 0: one tone; both 0: silence; f1 < 0: neither */
};

struct tones {
    float window[TONES_WINDOW];
    int filled;              /* samples of the newest hop that are there */
    struct tone_kind steady; /* what the segment under way is */
    struct tone_kind next;   /* seen once; twice in a row begins a new segment */
    int hops;                /* length of the segment under way */
    int next_hops;
    tones_report report;
    void *to;
};

void tones_init(struct tones *t, tones_report report, void *to);
void tones_process(struct tones *t, const int16_t *samples, int count);

#endif
