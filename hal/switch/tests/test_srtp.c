/* SRTP under address and undefined-behaviour sanitizers: the key derivation of RFC 3711 appendix B.3
 * by what it leads to, replays, turns of the sequence number, junk.
 * Against another implementation: tests/hal/switch/test_srtp.py. Run by test_c.py there. */
#include <string.h>

#include "check.h"
#include "rtp.h"
#include "srtp.h"

/* RFC 3711 appendix B.3 */
static const uint8_t MASTER[SRTP_KEY_OCTETS] = {
    0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C, 0x06, 0xDE, 0x41, 0x39,
    0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6};
static const uint8_t SALT[14] = {0x30, 0xCB, 0xBC, 0x08, 0x86, 0x3D, 0x8C,
                                 0x85, 0xD4, 0x9D, 0xB3, 0x4A, 0x9A, 0xE1};
static const uint8_t CIPHER_KEY[16] = {0xC6, 0x1E, 0x7A, 0x93, 0x74, 0x4F, 0x39, 0xEE,
                                       0x10, 0x73, 0x4A, 0xFE, 0x3F, 0xF7, 0xA0, 0x87};
/* its first 20 octets */
static const uint8_t AUTH_KEY[20] = {0xCE, 0xBE, 0x32, 0x1F, 0x6F, 0xF7, 0x71, 0x6B, 0x6F, 0xD4,
                                     0xAB, 0x49, 0xAF, 0x25, 0x6A, 0x15, 0x6D, 0x38, 0xBA, 0xA4};

static void keys_are_derived_as_published(void)
{
    static struct srtp s;
    struct aes128_ctx aes;
    struct hmac_sha1_ctx hmac;
    uint8_t block[16] = {0}, ours[16], theirs[16], tag[20], expected[20];
    srtp_init(&s, MASTER, 10);
    CHECK(memcmp(s.rtp.salt, SALT, sizeof SALT) == 0);
    aes128_set_encrypt_key(&aes, CIPHER_KEY);
    aes128_encrypt(&aes, 16, theirs, block);
    aes128_encrypt(&s.rtp.aes, 16, ours, block);
    CHECK(memcmp(ours, theirs, 16) == 0);
    hmac_sha1_set_key(&hmac, sizeof AUTH_KEY, AUTH_KEY);
    hmac_sha1_update(&hmac, 16, block);
    hmac_sha1_digest(&hmac, 20, expected);
    hmac_sha1_update(&s.rtp.hmac, 16, block);
    hmac_sha1_digest(&s.rtp.hmac, 20, tag);
    CHECK(memcmp(tag, expected, 20) == 0);
}

/* RFC 3711 appendix B.2: the key stream of AES-CM for index and SSRC 0 */
static void key_stream_is_the_published_one(void)
{
    static struct srtp s;
    static const uint8_t key[16] = {0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6,
                                    0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C};
    static const uint8_t salt[14] = {0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6,
                                     0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD};
    static const uint8_t stream[32] = {0xE0, 0x3E, 0xAD, 0x09, 0x35, 0xC9, 0x5E, 0x80,
                                       0xE1, 0x66, 0xB1, 0x6D, 0xD9, 0x2B, 0x4E, 0xB4,
                                       0xD2, 0x35, 0x13, 0x16, 0x2B, 0x02, 0xD0, 0xF7,
                                       0x2A, 0x43, 0xA2, 0xFE, 0x4A, 0x5F, 0x97, 0xAB};
    uint8_t octets[RTP_HEADER + 32 + SRTP_MOST_ADDED] = {0x80, 8};
    srtp_init(&s, MASTER, 10);
    aes128_set_encrypt_key(&s.rtp.aes, key);
    memcpy(s.rtp.salt, salt, sizeof salt);
    CHECK(srtp_protect(&s, octets, RTP_HEADER + 32, 0) == RTP_HEADER + 42);
    CHECK(memcmp(octets + RTP_HEADER, stream, sizeof stream) == 0);
}

static int make(uint8_t *octets, uint32_t number)
{
    struct rtp_packet p = {.payload_type = 8, .sequence = (uint16_t)number,
                           .timestamp = number * 160, .ssrc = 77};
    rtp_header(octets, &p);
    memset(octets + RTP_HEADER, (int)(number & 0xff), 160);
    return RTP_HEADER + 160;
}

static void packets_pass_once_and_in_any_order_for_hours(void)
{
    static struct srtp ours, theirs;
    uint8_t octets[300], copy[300];
    srtp_init(&ours, MASTER, 4);
    srtp_init(&theirs, MASTER, 4);
    for (uint32_t number = 0x7f00; number < 200000; number++) { /* three turns */
        uint32_t sent = number % 5 == 3 ? number + 1 : number % 5 == 4 ? number - 1 : number;
        int length = srtp_protect(&ours, octets, make(octets, sent), sent);
        CHECK(length == RTP_HEADER + 164);
        memcpy(copy, octets, sizeof copy);
        CHECK(srtp_unprotect(&theirs, octets, length) == RTP_HEADER + 160);
        CHECK(octets[RTP_HEADER] == (sent & 0xff) && octets[RTP_HEADER + 159] == (sent & 0xff));
        CHECK(srtp_unprotect(&theirs, copy, length) == -1); /* the same again */
        CHECK(srtp_protect(&ours, octets, make(octets, sent), sent) == -1);
    }
}

static void changed_packets_are_refused_and_change_nothing(void)
{
    static struct srtp ours, theirs;
    uint8_t octets[300], bad[300];
    srtp_init(&ours, MASTER, 10);
    srtp_init(&theirs, MASTER, 10);
    for (uint32_t number = 1; number < 50; number++) {
        int length = srtp_protect(&ours, octets, make(octets, number), number);
        for (int at = 0; at < length; at++) {
            memcpy(bad, octets, sizeof bad);
            bad[at] ^= 1;
            CHECK(srtp_unprotect(&theirs, bad, length) == -1);
        }
        for (int shorter = 0; shorter < length; shorter++) {
            uint8_t *exact = malloc((size_t)shorter + 1);
            memcpy(exact, octets, (size_t)shorter);
            CHECK(srtp_unprotect(&theirs, exact, shorter) == -1);
            CHECK(srtcp_unprotect(&theirs, exact, shorter) == -1);
            free(exact);
        }
        CHECK(srtp_unprotect(&theirs, octets, length) == RTP_HEADER + 160);
    }
}

static void reports_pass_once(void)
{
    static struct srtp ours, theirs;
    uint8_t octets[100], plain[40], copy[100];
    srtp_init(&ours, MASTER, 4);
    srtp_init(&theirs, MASTER, 4);
    for (int i = 0; i < 1000; i++) {
        for (int k = 0; k < 40; k++)
            plain[k] = (uint8_t)(k == 7 ? 9 : k + i);
        memcpy(octets, plain, sizeof plain);
        int length = srtcp_protect(&ours, octets, 40);
        CHECK(length == 54 && memcmp(octets + 8, plain + 8, 32) != 0);
        memcpy(copy, octets, sizeof copy);
        CHECK(srtcp_unprotect(&theirs, octets, length) == 40);
        CHECK(memcmp(octets, plain, sizeof plain) == 0);
        CHECK(srtcp_unprotect(&theirs, copy, length) == -1);
    }
}

static void many_sources_take_no_more_room(void)
{
    static struct srtp ours, theirs;
    uint8_t octets[300];
    srtp_init(&theirs, MASTER, 10);
    for (uint32_t ssrc = 1; ssrc < 1000; ssrc++) {
        srtp_init(&ours, MASTER, 10);
        int length = make(octets, 5);
        rtp_put32(octets + 8, ssrc);
        length = srtp_protect(&ours, octets, length, 5);
        CHECK(srtp_unprotect(&theirs, octets, length) == RTP_HEADER + 160);
    }
}

int main(void)
{
    keys_are_derived_as_published();
    key_stream_is_the_published_one();
    packets_pass_once_and_in_any_order_for_hours();
    changed_packets_are_refused_and_change_nothing();
    reports_pass_once();
    many_sources_take_no_more_room();
    puts("ok");
    return 0;
}
