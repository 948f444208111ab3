/* What arrives of one RTP stream: its order, what is missing, how unsteady it is.
 *
 * RFC 3550 appendices A.1 (sequence numbers and their turns), A.3 (loss) and A.8 (interarrival
 * jitter), for the port's counters and the reports sent to the party. A repeat within the last 32
 * packets is recognised. A new SSRC, or a jump of more than 500, is a new stream only when the packet
 * after it follows it: single ones that somebody slipped in do not disturb the one there is.
 * Pure: packets and times in, numbers out. Tests: hal/switch/tests/test_parts.c.
 */
#ifndef CALLBOX_RECEPTION_H
#define CALLBOX_RECEPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "rtp.h"

enum reception_order {
    RECEPTION_BEGINS,
    RECEPTION_NEXT,
    RECEPTION_LATE,
    RECEPTION_REPEAT,
    RECEPTION_STRAY,
};

struct reception {
    bool is_begun;
    uint32_t ssrc;
    uint32_t first;    /* sequence number of the first packet, extended by turns */
    uint32_t newest;   /* highest one, extended by turns */
    uint32_t seen;     /* bit n: newest - n was received */
    uint32_t received; /* packets, repeats left out */
    bool has_stray;
    uint32_t stray_ssrc;       /* of the last packet that did not fit, */
    uint16_t after_stray;      /* and what would follow it */
    bool has_transit;
    uint32_t transit;  /* arrival minus timestamp of the previous packet */
    float jitter;      /* timestamp units */
};

/* Take note of a packet; *skipped: sequence numbers it jumped over. */
enum reception_order reception_take(struct reception *r, const struct rtp_packet *p, int *skipped);

/* Take note of the arrival of audio at `now` (timestamp units of any clock). */
void reception_time(struct reception *r, uint32_t timestamp, uint32_t now);

/* Packets there should have been so far. */
uint32_t reception_expected(const struct reception *r);

#endif
