#include "srtp.h"

#include <nettle/ctr.h>
#include <nettle/memops.h>
#include <string.h>

#include "rtp.h"

#define RTCP_TAG 10
#define RTCP_CLEAR 8            /* octets that are not encrypted: header and SSRC */
#define RTCP_ENCRYPTED 0x80000000u
#define WINDOW 64

/* Clause 4.3.2: labels of the session keys. */
enum label { RTP_CIPHER, RTP_AUTH, RTP_SALT, RTCP_CIPHER, RTCP_AUTH, RTCP_SALT };

static void derive(const struct aes128_ctx *master, const uint8_t *salt, enum label label,
                   uint8_t *made, size_t octets)
{
    uint8_t counter[16] = {0};
    memcpy(counter, salt, 14);
    counter[7] ^= (uint8_t)label; /* clause 4.3.1, the derivation rate being 0 */
    memset(made, 0, octets);
    ctr_crypt(master, (nettle_cipher_func *)aes128_encrypt, sizeof counter, counter, octets, made,
              made);
}

static void cipher_init(struct srtp_cipher *c, const struct aes128_ctx *master,
                        const uint8_t *salt, enum label first)
{
    uint8_t key[16], auth[20];
    derive(master, salt, first, key, sizeof key);
    derive(master, salt, first + 1, auth, sizeof auth);
    derive(master, salt, first + 2, c->salt, sizeof c->salt);
    aes128_set_encrypt_key(&c->aes, key);
    hmac_sha1_set_key(&c->hmac, sizeof auth, auth);
    explicit_bzero(key, sizeof key);
    explicit_bzero(auth, sizeof auth);
}

void srtp_init(struct srtp *s, const uint8_t key[SRTP_KEY_OCTETS], int tag_octets)
{
    struct aes128_ctx master;
    memset(s, 0, sizeof *s);
    s->object.kind = OBJECT_SRTP;
    s->tag_octets = tag_octets;
    aes128_set_encrypt_key(&master, key);
    cipher_init(&s->rtp, &master, key + 16, RTP_CIPHER);
    cipher_init(&s->rtcp, &master, key + 16, RTCP_CIPHER);
    explicit_bzero(&master, sizeof master);
}

static bool is_fresh(const struct srtp_window *w, uint64_t number)
{
    if (!w->is_begun || number > w->newest)
        return true;
    uint64_t behind = w->newest - number;
    return behind < WINDOW && !(w->seen >> behind & 1);
}

static void mark(struct srtp_window *w, uint64_t number)
{
    if (!w->is_begun) {
        *w = (struct srtp_window){true, number, 1};
    } else if (number > w->newest) {
        uint64_t step = number - w->newest;
        w->seen = step < WINDOW ? w->seen << step | 1 : 1;
        w->newest = number;
    } else {
        w->seen |= 1ull << (w->newest - number);
    }
}

static struct srtp_source *find(struct srtp *s, uint32_t ssrc)
{
    for (int i = 0; i < SRTP_SOURCES; i++)
        if (s->sources[i].is_used && s->sources[i].ssrc == ssrc)
            return &s->sources[i];
    return NULL;
}

/* The place of an SSRC that proved itself: the oldest one's, if there is none left. */
static struct srtp_source *find_or_add(struct srtp *s, uint32_t ssrc)
{
    struct srtp_source *found = find(s, ssrc);
    if (found)
        return found;
    found = &s->sources[s->next_source];
    s->next_source = (s->next_source + 1) % SRTP_SOURCES;
    *found = (struct srtp_source){.is_used = true, .ssrc = ssrc};
    return found;
}

/* Clause 4.1.1; encrypting and decrypting are the same. */
static void crypt(const struct srtp_cipher *c, uint32_t ssrc, uint64_t index, uint8_t *octets,
                  int length)
{
    uint8_t counter[16] = {0};
    memcpy(counter, c->salt, sizeof c->salt);
    for (int i = 0; i < 4; i++)
        counter[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
    for (int i = 0; i < 6; i++)
        counter[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
    ctr_crypt(&c->aes, (nettle_cipher_func *)aes128_encrypt, sizeof counter, counter,
              (size_t)length, octets, octets);
}

/* Clause 4.2: over the packet and, for RTP, the turns of its sequence number. */
static void tag(struct srtp_cipher *c, const uint8_t *octets, int length, const uint8_t *turns,
                uint8_t *made, int tag_octets)
{
    hmac_sha1_update(&c->hmac, (size_t)length, octets);
    if (turns)
        hmac_sha1_update(&c->hmac, 4, turns);
    hmac_sha1_digest(&c->hmac, (size_t)tag_octets, made);
}

int srtp_protect(struct srtp *s, uint8_t *octets, int length, uint32_t number)
{
    int start = rtp_payload_start(octets, (size_t)length);
    if (!s->has_first) {
        s->has_first = true;
        s->first_turn = number >> 16;
    }
    if (start == 0 || (int32_t)(number - (s->first_turn << 16)) < 0)
        return -1;
    uint32_t ssrc = rtp_get32(octets + 8);
    uint64_t index = number - (s->first_turn << 16);
    struct srtp_source *source = find_or_add(s, ssrc);
    if (!is_fresh(&source->rtp, index))
        return -1;
    mark(&source->rtp, index);
    uint8_t turns[4];
    rtp_put32(turns, (uint32_t)(index >> 16));
    crypt(&s->rtp, ssrc, index, octets + start, length - start);
    tag(&s->rtp, octets, length, turns, octets + length, s->tag_octets);
    return length + s->tag_octets;
}

/* Clause 3.3.1: the number nearest to the newest one that ends in `sequence`. */
static uint64_t guess(const struct srtp_window *w, uint16_t sequence)
{
    if (!w->is_begun)
        return sequence;
    int64_t near = (int64_t)w->newest + (int16_t)(sequence - (uint16_t)w->newest);
    return near < 0 ? sequence : (uint64_t)near;
}

int srtp_unprotect(struct srtp *s, uint8_t *octets, int length)
{
    static const struct srtp_source unknown;
    uint8_t turns[4], expected[RTCP_TAG];
    length -= s->tag_octets;
    int start = length > 0 ? rtp_payload_start(octets, (size_t)length) : 0;
    if (start == 0)
        return -1;
    uint32_t ssrc = rtp_get32(octets + 8);
    const struct srtp_source *known = find(s, ssrc);
    const struct srtp_window *window = known ? &known->rtp : &unknown.rtp;
    uint64_t index = guess(window, (uint16_t)(octets[2] << 8 | octets[3]));
    if (!is_fresh(window, index))
        return -1;
    rtp_put32(turns, (uint32_t)(index >> 16));
    tag(&s->rtp, octets, length, turns, expected, s->tag_octets);
    if (!memeql_sec(expected, octets + length, (size_t)s->tag_octets))
        return -1;
    mark(&find_or_add(s, ssrc)->rtp, index);
    crypt(&s->rtp, ssrc, index, octets + start, length - start);
    return length;
}

int srtcp_protect(struct srtp *s, uint8_t *octets, int length)
{
    if (length < RTCP_CLEAR || s->rtcp_index == ~RTCP_ENCRYPTED)
        return -1;
    crypt(&s->rtcp, rtp_get32(octets + 4), ++s->rtcp_index, octets + RTCP_CLEAR,
          length - RTCP_CLEAR);
    rtp_put32(octets + length, RTCP_ENCRYPTED | s->rtcp_index);
    tag(&s->rtcp, octets, length + 4, NULL, octets + length + 4, RTCP_TAG);
    return length + 4 + RTCP_TAG;
}

int srtcp_unprotect(struct srtp *s, uint8_t *octets, int length)
{
    static const struct srtp_source unknown;
    uint8_t expected[RTCP_TAG];
    length -= 4 + RTCP_TAG;
    if (length < RTCP_CLEAR)
        return -1;
    uint32_t ssrc = rtp_get32(octets + 4), word = rtp_get32(octets + length);
    const struct srtp_source *known = find(s, ssrc);
    uint32_t index = word & ~RTCP_ENCRYPTED;
    if (!is_fresh(known ? &known->rtcp : &unknown.rtcp, index))
        return -1;
    tag(&s->rtcp, octets, length + 4, NULL, expected, RTCP_TAG);
    if (!memeql_sec(expected, octets + length + 4, RTCP_TAG))
        return -1;
    mark(&find_or_add(s, ssrc)->rtcp, index);
    if (word & RTCP_ENCRYPTED)
        crypt(&s->rtcp, ssrc, index, octets + RTCP_CLEAR, length - RTCP_CLEAR);
    return length;
}
