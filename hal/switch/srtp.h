/* SRTP and SRTCP of one direction of one port: RFC 3711, suites AES_CM_128_HMAC_SHA1_80 and _32.
 *
 * Not libsrtp: as Debian builds it (on NSS) it allocates fourteen times and takes locks for every
 * packet, which the audio thread must not, and it keeps a stream for every SSRC it ever saw. This
 * is the same mechanism on nettle's primitives: one struct, nothing allocated, at most 16 sources.
 *
 * Keys come by SDES (RFC 4568), so there is no MKI, no key derivation rate and no encryption of
 * header extensions. A packet is looked at only after its tag was found good; one that was taken
 * before, or is more than 64 behind the newest, is refused (clause 3.3.2). Sending the same number
 * twice, which would give the plain text away, is refused as well.
 * Tests: hal/switch/tests/test_srtp.c (RFC 3711 appendix B), tests/hal/switch/test_srtp.py.
 */
#ifndef CALLBOX_SRTP_H
#define CALLBOX_SRTP_H

#include <nettle/aes.h>
#include <nettle/hmac.h>
#include <stdbool.h>
#include <stdint.h>

#include "object.h"

#define SRTP_KEY_OCTETS 30  /* 16 of master key, 14 of master salt */
#define SRTP_MOST_ADDED 14  /* by protecting: SRTCP's index and its tag */
#define SRTP_SOURCES 16

/* Which numbers were used: the highest, and the 64 up to it. */
struct srtp_window {
    bool is_begun;
    uint64_t newest;
    uint64_t seen; /* bit n: newest - n */
};

struct srtp_source {
    bool is_used;
    uint32_t ssrc;
    struct srtp_window rtp, rtcp;
};

struct srtp_cipher {
    struct aes128_ctx aes;
    struct hmac_sha1_ctx hmac;
    uint8_t salt[14];
};

struct srtp {
    struct object object;
    int tag_octets; /* of RTP; SRTCP always has 10 (RFC 4568 clause 6.2.2) */
    struct srtp_cipher rtp, rtcp;
    struct srtp_source sources[SRTP_SOURCES];
    int next_source;     /* given to the next new SSRC */
    bool has_first;      /* sending: turns of the sequence number before this key do not count */
    uint32_t first_turn;
    uint32_t rtcp_index; /* of the last SRTCP packet sent */
};

void srtp_init(struct srtp *s, const uint8_t key[SRTP_KEY_OCTETS], int tag_octets);

/* In place; return the new length, -1 if the packet must not be sent or was not taken.
 * number: its sequence number, extended by turns. Room for SRTP_MOST_ADDED must follow. */
int srtp_protect(struct srtp *s, uint8_t *octets, int length, uint32_t number);
int srtp_unprotect(struct srtp *s, uint8_t *octets, int length);
int srtcp_protect(struct srtp *s, uint8_t *octets, int length);
int srtcp_unprotect(struct srtp *s, uint8_t *octets, int length);

#endif
