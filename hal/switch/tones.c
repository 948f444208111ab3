#include "tones.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define RATE 8000.0f
#define SILENCE_POWER 1.0e4f   /* mean square of a sine at -44 dBm0 */
#define QUIET_POWER 4.0e4f     /* -38 dBm0: what is no tone and weaker is the line's noise */
#define FINE_LAG 4             /* sets near frequencies far apart; unambiguous below 1000 Hz */
#define FINE_BELOW_HZ 900.0f
#define TWO_IF_BETTER_BY 6.0f  /* misfit with one tone over misfit with two */
#define WEAKEST_SECOND 0.03f   /* -15 dB: below it are harmonics from companding one pure tone */
#define MOST_MISFIT 0.02f      /* noise to tone power; speech is far above */
#define SAME_HZ 15.0f
#define TONE_PIECE_HOPS 150    /* 3 s */
#define SILENCE_PIECE_HOPS 300 /* 6 s */

static const struct tone_kind NEITHER = {-1, 0};
static const struct tone_kind SILENCE = {0, 0};

void tones_init(struct tones *t, tones_report report, void *to)
{
    memset(t, 0, sizeof *t);
    t->report = report;
    t->to = to;
}

static float hz_of(float twice_cosine, int lag)
{
    float cosine = twice_cosine / 2;
    cosine = cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
    return acosf(cosine) * RATE / (2 * (float)M_PI * (float)lag);
}

/* One tone: returns the misfit (noise power over signal power) and the coefficient 2 cos(Lw). */
static float fit_one(const float *x, int lag, float *c)
{
    float xx = 1e-9f, xy = 0, yy = 0;
    for (int n = lag; n < TONES_WINDOW - lag; n++) {
        float y = x[n + lag] + x[n - lag];
        xx += x[n] * x[n];
        xy += x[n] * y;
        yy += y * y;
    }
    *c = xy / xx;
    float error = yy - *c * xy;
    return error / (2 + *c * *c) / xx;
}

/* Two tones: the two coefficients are the roots of r^2 - a r - (b + 2). */
static float fit_two(const float *x, int lag, float c[2])
{
    float uu = 1e-9f, uv = 0, vv = 1e-9f, uy = 0, vy = 0, yy = 0;
    for (int n = 2 * lag; n < TONES_WINDOW - 2 * lag; n++) {
        float y = x[n + 2 * lag] + x[n - 2 * lag];
        float u = x[n + lag] + x[n - lag];
        float v = x[n];
        uu += u * u;
        uv += u * v;
        vv += v * v;
        uy += u * y;
        vy += v * y;
        yy += y * y;
    }
    float determinant = uu * vv - uv * uv;
    if (determinant < 1e-6f * uu * vv)
        return 1;
    float a = (uy * vv - vy * uv) / determinant;
    float b = (vy * uu - uy * uv) / determinant;
    float discriminant = a * a + 4 * (b + 2);
    if (discriminant <= 0)
        return 1;
    c[0] = (a + sqrtf(discriminant)) / 2; /* the greater cosine: the lower tone */
    c[1] = (a - sqrtf(discriminant)) / 2;
    if (c[0] > 2 || c[1] < -2)
        return 1;
    float error = yy - a * uy - b * vy;
    return error / (2 + 2 * a * a + b * b) / vv;
}

/* Each tone is what is left when the other is filtered out; both are left scaled alike. */
static bool are_both_strong(const float *x, int lag, const float c[2])
{
    float lower = 1e-9f, upper = 1e-9f;
    for (int n = lag; n < TONES_WINDOW - lag; n++) {
        float y = x[n + lag] + x[n - lag];
        lower += (y - c[1] * x[n]) * (y - c[1] * x[n]);
        upper += (y - c[0] * x[n]) * (y - c[0] * x[n]);
    }
    return upper > WEAKEST_SECOND * lower && lower > WEAKEST_SECOND * upper;
}

static struct tone_kind classify(const float *x)
{
    float power = 0, coarse, one, two[2];
    for (int n = TONES_WINDOW - TONES_HOP; n < TONES_WINDOW; n++)
        power += x[n] * x[n];
    if (power / TONES_HOP < SILENCE_POWER)
        return SILENCE;
    fit_one(x, 1, &coarse);
    int lag = hz_of(coarse, 1) < FINE_BELOW_HZ ? FINE_LAG : 1;
    float misfit_one = fit_one(x, lag, &one);
    float misfit_two = fit_two(x, lag, two);
    if (misfit_two < MOST_MISFIT && misfit_two * TWO_IF_BETTER_BY < misfit_one &&
        are_both_strong(x, lag, two))
        return (struct tone_kind){hz_of(two[0], lag), hz_of(two[1], lag)};
    if (misfit_one < MOST_MISFIT)
        return (struct tone_kind){hz_of(one, lag), 0};
    return power / TONES_HOP < QUIET_POWER ? SILENCE : NEITHER;
}

static bool is_same(struct tone_kind a, struct tone_kind b)
{
    return (a.f1_hz < 0) == (b.f1_hz < 0) && fabsf(a.f1_hz - b.f1_hz) < SAME_HZ &&
           (a.f2_hz == 0) == (b.f2_hz == 0) && fabsf(a.f2_hz - b.f2_hz) < SAME_HZ;
}

static void end_segment(struct tones *t)
{
    if (t->steady.f1_hz >= 0 && t->hops > 0)
        t->report(t->to, (int)lrintf(t->steady.f1_hz), (int)lrintf(t->steady.f2_hz),
                  t->hops * 20);
    t->hops = 0;
}

/* Averaging over the segment: one 40 ms fit of two near tones scatters by some hertz. */
static void average(struct tones *t, struct tone_kind now)
{
    float weight = 1.0f / (float)(t->hops < 1 ? 1 : t->hops);
    t->steady.f1_hz += (now.f1_hz - t->steady.f1_hz) * weight;
    t->steady.f2_hz += (now.f2_hz - t->steady.f2_hz) * weight;
}

static void hop(struct tones *t)
{
    struct tone_kind now = classify(t->window);
    if (is_same(now, t->steady)) {
        t->hops += 1 + t->next_hops; /* one odd block was a hiccup, not a change */
        t->next_hops = 0;
        average(t, now);
    } else if (t->next_hops > 0 && is_same(now, t->next)) {
        end_segment(t);
        t->steady = now;
        t->hops = 1 + t->next_hops;
        t->next_hops = 0;
    } else {
        t->hops += t->next_hops;
        t->next = now;
        t->next_hops = 1;
    }
    bool is_silence = t->steady.f1_hz == 0;
    if (t->hops >= (is_silence ? SILENCE_PIECE_HOPS : TONE_PIECE_HOPS))
        end_segment(t);
}

void tones_process(struct tones *t, const int16_t *samples, int count)
{
    for (int i = 0; i < count; i++) {
        t->window[TONES_WINDOW - TONES_HOP + t->filled++] = samples[i];
        if (t->filled == TONES_HOP) {
            hop(t);
            memmove(t->window, t->window + TONES_HOP,
                    (TONES_WINDOW - TONES_HOP) * sizeof *t->window);
            t->filled = 0;
        }
    }
}
