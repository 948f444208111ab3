/* Level meter: smoothed power of a signal in dBm0 (ITU-T G.711: a sine at full scale is
 * +3.14 dBm0 in A-law). Written by the audio thread, read by anyone.
 */
#ifndef CALLBOX_LEVEL_H
#define CALLBOX_LEVEL_H

#include <stdatomic.h>
#include <stdint.h>

#define LEVEL_FLOOR_DBM0 -90.0

struct level {
    _Atomic float power; /* mean square, smoothed over about 160 ms */
};

float level_power(const int16_t *samples, int count);              /* mean square */
void level_add(struct level *l, const int16_t *samples, int count); /* one block */
double level_dbm0(float power);

#endif
