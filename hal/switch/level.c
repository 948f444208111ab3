#include "level.h"

#include <math.h>

#define SINE_FULL_SCALE_POWER (32768.0 * 32768.0 / 2)
#define SINE_FULL_SCALE_DBM0 3.14
#define SMOOTHING_SAMPLES 1280.0f

float level_power(const int16_t *samples, int count)
{
    int64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += (int32_t)samples[i] * samples[i];
    return (float)sum / (float)count;
}

void level_add(struct level *l, const int16_t *samples, int count)
{
    float power = atomic_load_explicit(&l->power, memory_order_relaxed);
    power += (level_power(samples, count) - power) * ((float)count / SMOOTHING_SAMPLES);
    atomic_store_explicit(&l->power, power, memory_order_relaxed);
}

double level_dbm0(float power)
{
    if (power < 1e-3f)
        return LEVEL_FLOOR_DBM0;
    double dbm0 = 10 * log10((double)power / SINE_FULL_SCALE_POWER) + SINE_FULL_SCALE_DBM0;
    return dbm0 < LEVEL_FLOOR_DBM0 ? LEVEL_FLOOR_DBM0 : dbm0;
}
