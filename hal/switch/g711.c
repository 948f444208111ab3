#include "g711.h"

/* One A-law octet as a 16-bit sample: segment and step of table 1a, at the middle of its step. */
static int16_t expand_alaw(uint8_t octet)
{
    unsigned value = octet ^ 0x55u; /* even bits are inverted on the line, clause 4 */
    unsigned segment = (value >> 4) & 7;
    int magnitude = (int)((value & 15) << 4) + 8;
    if (segment > 0)
        magnitude = (magnitude + 0x100) << (segment - 1);
    return (int16_t)((value & 0x80) ? magnitude : -magnitude);
}

/* One mu-law octet as a 16-bit sample: table 2a; all bits are inverted on the line. */
static int16_t expand_ulaw(uint8_t octet)
{
    unsigned value = ~octet & 0xffu;
    int magnitude = ((int)((value & 15) << 3) + 0x84) << ((value >> 4) & 7);
    magnitude -= 0x84;
    return (int16_t)((value & 0x80) ? -magnitude : magnitude);
}

static unsigned segment_of(unsigned magnitude, unsigned first_end)
{
    unsigned segment = 0;
    while (segment < 7 && magnitude > first_end) {
        segment++;
        first_end = (first_end << 1) | 1;
    }
    return segment;
}

/* upper: the 12 upper bits of a sample, sign extended. */
static uint8_t compress_alaw(int upper)
{
    unsigned magnitude = (unsigned)(upper < 0 ? ~upper : upper);
    unsigned segment = segment_of(magnitude, 0x0f);
    unsigned step = (segment > 1 ? magnitude >> (segment - 1) : magnitude) & 15;
    return (uint8_t)(((segment << 4) | step | (upper < 0 ? 0 : 0x80)) ^ 0x55);
}

/* upper: the 14 upper bits of a sample, sign extended. */
static uint8_t compress_ulaw(int upper)
{
    unsigned magnitude = (unsigned)(upper < 0 ? ~upper : upper) + 33;
    if (magnitude > 0x1fff)
        magnitude = 0x1fff;
    unsigned segment = segment_of(magnitude, 0x3f);
    unsigned step = (magnitude >> (segment + 1)) & 15;
    return (uint8_t)~((segment << 4) | step | (upper < 0 ? 0x80 : 0));
}

void g711_tables_init(struct g711_tables *g)
{
    for (int i = 0; i < 256; i++) {
        g->from_alaw[i] = expand_alaw((uint8_t)i);
        g->from_ulaw[i] = expand_ulaw((uint8_t)i);
    }
    for (int i = 0; i < 4096; i++)
        g->to_alaw[i] = compress_alaw(i < 2048 ? i : i - 4096);
    for (int i = 0; i < 16384; i++)
        g->to_ulaw[i] = compress_ulaw(i < 8192 ? i : i - 16384);
}
