/* Jitter buffer: RTP payload octets by timestamp in, steady runs of samples out.
 *
 * One cell per sample in a ring addressed by RTP timestamp, so packets of any length may come in
 * any order. `slack` is how far before the next sample to be played a packet begins: a tick takes
 * its whole block at once, so one that begins behind it is too late, whatever the clock says. The
 * first packet is delayed by `target`; a packet that comes too late moves playing back (more delay),
 * two seconds in which every packet had too much slack move it forward (less delay): this follows
 * both network jitter and the drift between the sender's clock and ours. Bounded to 200 ms.
 *
 * Leaves out concealment: missing cells are reported, leg.c fills them.
 * Tests: hal/switch/tests/test_parts.c.
 */
#ifndef CALLBOX_JITTER_H
#define CALLBOX_JITTER_H

#include <stdbool.h>
#include <stdint.h>

#define JITTER_CELLS 4096       /* 512 ms */
#define JITTER_MAX_PAYLOAD 960  /* 120 ms in one packet is the most accepted */
#define JITTER_MISSING 0        /* a cell without an octet; others hold JITTER_PRESENT | octet */
#define JITTER_PRESENT 0x100

struct jitter {
    uint16_t cells[JITTER_CELLS];
    bool is_running;
    uint32_t play_at;  /* timestamp of the next sample to be played */
    int base;          /* delay of a first packet, samples: the owner's wish */
    int target;        /* delay aimed at now, samples */
    int least_slack;   /* seen in this window */
    int packets;       /* in this window */
    int idle;          /* samples played since the last packet */
    float jitter;      /* the owner's: RFC 3550 interarrival jitter, samples */
};

void jitter_init(struct jitter *j, int base);
void jitter_reset(struct jitter *j); /* forget the stream (new source), keep `base` */

/* to_tick: samples until jitter_get is called next.
 * Returns false if the packet, or part of it, came too late to be played as it was. */
bool jitter_put(struct jitter *j, uint32_t timestamp, const uint8_t *octets, int count,
                int to_tick);

/* Take `count` cells; returns how many of them are present. */
int jitter_get(struct jitter *j, uint16_t *cells, int count);

/* The cell `ahead` samples after those taken so far; it stays where it is. */
static inline uint16_t jitter_peek(const struct jitter *j, int ahead)
{
    return j->cells[(j->play_at + (uint32_t)ahead) & (JITTER_CELLS - 1)];
}

#endif
