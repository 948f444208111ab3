/* RTP packets: taking the header off and putting one on (RFC 3550 clause 5.1), telephone events
 * (RFC 4733 clause 2.3).
 *
 * Pure: octets in, fields out. Anything that is not a whole RTP version 2 packet is refused. A packet
 * may have no payload (RFC 6263 clause 4.1: phones keep address translations open by such).
 * Leaves out RTCP (rtcp.h), CSRC contents and header extensions (skipped).
 * Tests: hal/switch/tests/test_parts.c.
 */
#ifndef CALLBOX_RTP_H
#define CALLBOX_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER 12

struct rtp_packet {
    uint8_t payload_type;
    bool marker;
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t ssrc;
    uint8_t *payload; /* into the buffer that was parsed, at least RTP_HEADER octets in */
    int payload_octets;
};

struct telephone_event {
    uint8_t event; /* 0-15: digits; RFC 4733 table 3 */
    bool is_end;
    uint16_t duration; /* timestamp units */
};

/* Where the payload begins, after CSRCs and header extension; 0 if that is no RTP version 2. */
int rtp_payload_start(const uint8_t *octets, size_t length);

bool rtp_parse(uint8_t *octets, size_t length, struct rtp_packet *packet);

/* Write the fixed header of `packet` to `octets` (RTP_HEADER of them). */
void rtp_header(uint8_t *octets, const struct rtp_packet *packet);

uint16_t rtp_get16(const uint8_t *octets);
uint32_t rtp_get32(const uint8_t *octets);
void rtp_put16(uint8_t *octets, uint16_t value);
void rtp_put32(uint8_t *octets, uint32_t value);

bool telephone_event_parse(const uint8_t *payload, int length, struct telephone_event *e);
void telephone_event_write(uint8_t payload[4], const struct telephone_event *e);

#endif
