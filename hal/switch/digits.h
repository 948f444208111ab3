/* Digits being sent to a party: a queue, and the timing of one digit after another.
 *
 * 100 ms tone, 100 ms pause (ITU-T Q.24 table A.1 asks for at least 40/40 anywhere; PBXs and
 * answering machines want more). As tones (Q.23 frequencies, -8 and -6 dBm0) mixed by
 * digits_add(), or as RFC 4733 events stepped every 20 ms by the RTP leg.
 */
#ifndef CALLBOX_DIGITS_H
#define CALLBOX_DIGITS_H

#include <stdbool.h>
#include <stdint.h>

#define DIGITS_QUEUED 64
#define DIGIT_ON_SAMPLES 800
#define DIGIT_OFF_SAMPLES 800

struct digits {
    uint8_t events[DIGITS_QUEUED]; /* RFC 4733 event codes 0-15 */
    int first, count;
    int at; /* samples into the first digit, its pause included */
};

int digit_event(char digit);       /* 0-9 * # A-D to 0-15, otherwise -1 */
char digit_letter(uint8_t event);  /* 0-15 to the digit, otherwise 0 */

int digits_queue(struct digits *d, const char *text); /* returns how many had room */
static inline bool digits_pending(const struct digits *d)
{
    return d->count > 0;
}
void digits_advance(struct digits *d, int samples);
void digits_add(struct digits *d, float *mix, int count); /* tones; advances */

#endif
