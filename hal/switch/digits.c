#include "digits.h"

#include <math.h>
#include <string.h>

#define LOW_PEAK 9200.0f   /* -8 dBm0 */
#define HIGH_PEAK 11600.0f /* -6 dBm0 */
#define RATE 8000.0f

static const char LETTERS[] = "0123456789*#ABCD"; /* RFC 4733 table 3 */
/* ITU-T Q.23 clause 6 */
static const uint16_t LOW_HZ[16] = {941, 697, 697, 697, 770, 770, 770, 852,
                                    852, 852, 941, 941, 697, 770, 852, 941};
static const uint16_t HIGH_HZ[16] = {1336, 1209, 1336, 1477, 1209, 1336, 1477, 1209,
                                     1336, 1477, 1209, 1477, 1633, 1633, 1633, 1633};

int digit_event(char digit)
{
    const char *found = digit ? strchr(LETTERS, digit) : NULL;
    return found ? (int)(found - LETTERS) : -1;
}

char digit_letter(uint8_t event)
{
    return event < 16 ? LETTERS[event] : 0;
}

int digits_queue(struct digits *d, const char *text)
{
    int taken = 0;
    for (; *text && d->count < DIGITS_QUEUED; text++) {
        int event = digit_event(*text);
        if (event < 0)
            continue;
        d->events[(d->first + d->count++) % DIGITS_QUEUED] = (uint8_t)event;
        taken++;
    }
    return taken;
}

void digits_advance(struct digits *d, int samples)
{
    d->at += samples;
    if (d->at >= DIGIT_ON_SAMPLES + DIGIT_OFF_SAMPLES) {
        d->at = 0;
        d->first = (d->first + 1) % DIGITS_QUEUED;
        d->count--;
    }
}

void digits_add(struct digits *d, float *mix, int count)
{
    const float turn = 2 * (float)M_PI / RATE;
    for (int i = 0; i < count && d->count > 0; i++) {
        if (d->at < DIGIT_ON_SAMPLES) {
            uint8_t event = d->events[d->first];
            mix[i] += LOW_PEAK * sinf(turn * (float)(LOW_HZ[event] * d->at));
            mix[i] += HIGH_PEAK * sinf(turn * (float)(HIGH_HZ[event] * d->at));
        }
        digits_advance(d, 1);
    }
}
