/* G.711: A-law and mu-law octets to linear and back (ITU-T G.711 11/88, tables 1a to 2b).
 *
 * Linear samples are 16 bit with the companded value left-justified, so that full scale of a
 * sine is +3.14 dBm0 (A-law). Compression depends only on the upper 12 (A) or 14 (mu) bits,
 * which is what the encoding tables are indexed by. The tables are filled by g711_tables_init() and
 * only read afterwards: any number of threads may share one.
 * Tests: hal/switch/tests/test_parts.c, tests/hal/switch/test_g711.py.
 */
#ifndef CALLBOX_G711_H
#define CALLBOX_G711_H

#include <stdint.h>

#define ALAW_SILENCE 0xD5 /* linear +8, the smallest positive value, even bits inverted */
#define ULAW_SILENCE 0xFF

struct g711_tables {
    int16_t from_alaw[256];
    int16_t from_ulaw[256];
    uint8_t to_alaw[4096];  /* index: (sample >> 4) & 0xfff */
    uint8_t to_ulaw[16384]; /* index: (sample >> 2) & 0x3fff */
};

void g711_tables_init(struct g711_tables *g);

static inline uint8_t g711_alaw(const struct g711_tables *g, int16_t sample)
{
    return g->to_alaw[((uint16_t)sample) >> 4];
}

static inline uint8_t g711_ulaw(const struct g711_tables *g, int16_t sample)
{
    return g->to_ulaw[((uint16_t)sample) >> 2];
}

#endif
