/* RTCP packets: writing our reports, reading the party's (RFC 3550 clause 6).
 *
 * Written: a compound of SR or RR with at most one report block, SDES with CNAME, and BYE at the
 * end. Read: what a compound says about our stream and about the sender's clock; everything else
 * in it is stepped over. A compound is taken whole or not at all (appendix A.2); one
 * without a report is taken too (RFC 5506: some phones begin with an APP packet of their own).
 * Pure: octets in, fields out. When, where to and what to report: reports.c.
 * Tests: hal/switch/tests/test_parts.c, tests/hal/switch/test_rtcp.py.
 */
#ifndef CALLBOX_RTCP_H
#define CALLBOX_RTCP_H

#include <stdbool.h>
#include <stdint.h>

#define RTCP_CNAME_OCTETS 24
#define RTCP_MOST_OCTETS 128 /* of a compound we write */

struct rtcp_block {
    uint32_t ssrc;     /* whose packets it is about */
    uint8_t fraction;  /* lost of 256, since the report before */
    int32_t lost;      /* since the beginning; more came than were sent: negative */
    uint32_t newest;   /* extended highest sequence number */
    uint32_t jitter;   /* timestamp units */
    uint32_t last_sr;  /* middle of the NTP time of the last SR, 0: none came */
    uint32_t since_sr; /* time since then, 1/65536 s */
};

struct rtcp_report {
    uint32_t ssrc;
    bool is_sender;
    uint64_t ntp; /* this and the three below: of an SR */
    uint32_t timestamp, packets, octets;
    bool has_block;
    struct rtcp_block block;
};

/* Returns the length. */
int rtcp_write(uint8_t octets[RTCP_MOST_OCTETS], const struct rtcp_report *r,
               const char cname[RTCP_CNAME_OCTETS], bool is_bye);

/* `about`: our SSRC, whose block is looked for. False: no whole compound. */
bool rtcp_read(const uint8_t *octets, int length, uint32_t about, struct rtcp_report *r);

#endif
