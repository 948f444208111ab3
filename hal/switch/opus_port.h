/* Opus for one RTP port (RFC 6716, RFC 7587), at 8 kHz inside: coding, and decoding in play order.
 *
 * Decoding needs packets in the order they are played, whatever their length, and the jitter
 * buffer orders octets: so a packet waits here in a slot, and the jitter buffer is given the number
 * of that slot once for every sample of the packet. A packet is decoded when its first sample is due.
 * What is missing is concealed by the decoder: from the next packet's redundancy if that is there
 * already (in-band FEC), otherwise by its own guess; after a packet of at most two octets the
 * sender said nothing on purpose (DTX), and the gap is comfort noise rather than loss.
 *
 * RTP timestamps count 48 kHz whatever is coded; opus_port_time() brings them to 8 kHz.
 * Bounded: 256 slots and 32 KB of packets, far more than the jitter buffer's half second.
 * Tests: hal/switch/tests/test_parts.c, tests/hal/switch/test_codecs.py.
 */
#ifndef CALLBOX_OPUS_PORT_H
#define CALLBOX_OPUS_PORT_H

#include <opus/opus.h>
#include <stdbool.h>
#include <stdint.h>

#include "jitter.h"

#define OPUS_CLOCK_RATIO 6      /* 48 kHz to ours */
#define OPUS_ARENA 32768
#define OPUS_MOST_OCTETS 160    /* of a packet we make: 64 kbit/s */

struct opus_slot {
    uint32_t start;   /* first sample, 8 kHz */
    uint32_t written; /* place in the arena, counted since the beginning */
    uint16_t octets, samples;
};

struct opus_port {
    OpusDecoder *decoder;
    OpusEncoder *encoder;
    bool has_time;
    uint32_t time_48k, time_8k; /* the same moment on both clocks */
    uint8_t next_slot;
    uint32_t written;           /* octets ever put into the arena */
    int playing;                /* slot that `pcm` is of; -1: concealment, -2: nothing */
    uint32_t start;             /* of `pcm` */
    int samples;
    bool is_paused;             /* the last packet played announced a pause (DTX) */
    int missing;                /* samples made up since a packet was played */
    struct opus_slot slots[256];
    uint8_t arena[OPUS_ARENA];
    int16_t pcm[JITTER_MAX_PAYLOAD];
};

bool opus_port_init(struct opus_port *o); /* false: no memory */
void opus_port_free(struct opus_port *o); /* what init made, as far as it came */

/* Samples at 8 kHz in a packet, 0 if it is not one of 2.5 to 120 ms. */
int opus_port_samples(const uint8_t *payload, int octets);

/* A new stream begins: its timestamps have nothing to do with the old one's. */
void opus_port_begin(struct opus_port *o);
uint32_t opus_port_time(struct opus_port *o, uint32_t timestamp);

/* Keep a packet whose first sample is `start`; returns its slot. */
uint8_t opus_port_keep(struct opus_port *o, const uint8_t *payload, int octets, uint32_t start);

/* Play `count` cells that were taken out of `j`. Returns how many samples were lost ones made up. */
int opus_port_play(struct opus_port *o, const struct jitter *j, const uint16_t *cells, int16_t *in,
                   int count);

/* Decode a packet out of turn, to measure its level; returns how many of o->pcm. */
int opus_port_glance(struct opus_port *o, const uint8_t *payload, int octets);

/* Code 20 ms; returns octets, at most OPUS_MOST_OCTETS, 0 if nothing came of it. */
int opus_port_make(struct opus_port *o, const int16_t *samples, uint8_t *payload);

/* What the party says it misses; redundancy is made accordingly. */
void opus_port_expect_loss(struct opus_port *o, int percent);

#endif
