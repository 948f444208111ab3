/* Sound files brought to the telephone's rate and law, outside of any call: a polyphase
 * windowed-sinc filter and A-law (ITU-T G.711). Nothing here runs on the audio thread; memory is
 * taken and given back within the call. What the filter is good for and who asks: resample.py.
 * Tests: tests/hal/switch/test_resample.py.
 */
#include "switch.h"

#include <math.h>
#include <stdlib.h>

#include "g711.h"

#define RATE_HZ 8000
#define CUTOFF_HZ 3700.0   /* half way between the end of the band and the beginning of aliases */
#define HALF_WIDTH_S 0.003 /* half the filter's length: 24 samples of 8 kHz. Kaiser: 60 dB in
                              600 Hz takes 48 in all */
#define BETA 5.65          /* Kaiser's 0.1102 (A - 8.7) for A = 60 dB (J. F. Kaiser, 1974) */
#define PI 3.14159265358979323846

struct filter {
    long step, phases; /* the moment moves on by step/phases of a sample */
    long half;         /* weights on each side of the moment */
    double *weights;   /* of each phase: 2 * half + 1 */
};

static long common_divisor(long a, long b)
{
    while (b) {
        long rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Modified Bessel function of the first kind, order 0, by its series. */
static double bessel_i0(double x)
{
    double term = 1.0, total = 1.0;
    for (int k = 1; term > total * 1e-12; k++) {
        term *= (x / (2 * k)) * (x / (2 * k));
        total += term;
    }
    return total;
}

static double weight(double distance, long half, double rate_hz)
{
    double place = distance / (double)(half + 1);
    double x = 2 * CUTOFF_HZ / rate_hz * distance;
    double sinc = x == 0 ? 1.0 : sin(PI * x) / (PI * x);
    return sinc * bessel_i0(BETA * sqrt(1 - place * place)) / bessel_i0(BETA);
}

/* The weights around a moment `fraction` of a sample later; together 1: a steady level stays. */
static void make_phase(double *weights, double fraction, long half, double rate_hz)
{
    double whole = 0;
    for (long k = -half; k <= half; k++)
        whole += weights[k + half] = weight((double)k - fraction, half, rate_hz);
    for (long k = 0; k <= 2 * half; k++)
        weights[k] /= whole;
}

static int make_filter(struct filter *f, int rate_hz)
{
    long common = common_divisor(rate_hz, RATE_HZ);
    f->step = rate_hz / common;
    f->phases = RATE_HZ / common;
    f->half = (long)ceil(HALF_WIDTH_S * rate_hz);
    long width = 2 * f->half + 1;
    f->weights = malloc((size_t)(f->phases * width) * sizeof *f->weights);
    if (!f->weights)
        return SWITCH_NO_MEMORY;
    for (long phase = 0; phase < f->phases; phase++)
        make_phase(f->weights + phase * width, (double)phase / (double)f->phases, f->half, rate_hz);
    return SWITCH_OK;
}

/* One sample of the result: around `at`, silence before the beginning and after the end. */
static double filtered(const double *samples, long count, const double *weights, long at, long half)
{
    long first = at - half < 0 ? half - at : 0;
    long last = at + half >= count ? half + count - 1 - at : 2 * half;
    double sum = 0;
    for (long k = first; k <= last; k++)
        sum += weights[k] * samples[at - half + k];
    return sum;
}

int switch_resample(const double *samples, int count, int rate_hz, double *out, int room)
{
    struct filter f;
    int code = make_filter(&f, rate_hz);
    if (code != SWITCH_OK)
        return code;
    for (long n = 0; n < room; n++) {
        long at = n * f.step / f.phases, phase = n * f.step % f.phases;
        out[n] = filtered(samples, count, f.weights + phase * (2 * f.half + 1), at, f.half);
    }
    free(f.weights);
    return SWITCH_OK;
}

void switch_alaw(const double *samples, int count, uint8_t *alaw)
{
    struct g711_tables tables;
    g711_tables_init(&tables);
    for (int n = 0; n < count; n++) {
        double value = nearbyint(samples[n]);
        value = value > 32767 ? 32767 : value < -32768 ? -32768 : value;
        alaw[n] = g711_alaw(&tables, (int16_t)value);
    }
}
