/* The codecs that remember: G.722 and Opus, one state each for coding and decoding.
 *
 * G.722 (ITU-T): one octet is two samples at 16 kHz, coded as a low and a high band of 8 kHz each.
 * Inside the switch everything is narrowband, so the low band alone is decoded and coded: 0 to
 * 4 kHz, at the price of a narrowband codec. Opus: opus_port.h. G.711 needs no state: g711.h.
 * Allocated on the control side, lent to the audio thread.
 * Tests: hal/switch/tests/test_parts.c, tests/hal/switch/test_codecs.py.
 */
#ifndef CALLBOX_CODER_H
#define CALLBOX_CODER_H

#include <spandsp.h>
#include <stdbool.h>
#include <stdint.h>

#include "object.h"
#include "opus_port.h"
#include "switch.h"

struct coder {
    struct object object;
    enum switch_codec codec; /* says which of the following are there */
    g722_decode_state_t *g722_in;
    g722_encode_state_t *g722_out;
    struct opus_port opus;
};

static inline bool coder_is_needed(enum switch_codec codec)
{
    return codec == CODEC_G722 || codec == CODEC_OPUS;
}

struct coder *coder_new(enum switch_codec codec); /* NULL: no memory */
void coder_free(struct coder *c);

#endif
