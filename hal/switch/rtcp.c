#include "rtcp.h"

#include <string.h>

#include "rtp.h"

#define SR 200 /* RFC 3550 clause 12.1 */
#define RR 201
#define SDES 202
#define BYE 203
#define CNAME 1
#define FIRST_TYPE 192 /* RFC 5761 clause 4: what can be RTCP at all */
#define LAST_TYPE 223
#define HEADER 4
#define SENDER_OCTETS 20
#define BLOCK_OCTETS 24
#define MOST_LOST 0x7fffff /* 24 bits, signed */

static uint8_t *header(uint8_t *at, int count, int type, int octets)
{
    at[0] = (uint8_t)(0x80 | count);
    at[1] = (uint8_t)type;
    rtp_put16(at + 2, (uint16_t)(octets / 4 - 1));
    return at + HEADER;
}

static uint8_t *word(uint8_t *at, uint32_t value)
{
    rtp_put32(at, value);
    return at + 4;
}

static uint8_t *write_block(uint8_t *at, const struct rtcp_block *b)
{
    int32_t lost = b->lost > MOST_LOST ? MOST_LOST : b->lost < -MOST_LOST ? -MOST_LOST : b->lost;
    at = word(at, b->ssrc);
    at = word(at, (uint32_t)b->fraction << 24 | ((uint32_t)lost & 0xffffff));
    at = word(at, b->newest);
    at = word(at, b->jitter);
    at = word(at, b->last_sr);
    return word(at, b->since_sr);
}

static uint8_t *write_report(uint8_t *at, const struct rtcp_report *r)
{
    int octets =
        HEADER + 4 + (r->is_sender ? SENDER_OCTETS : 0) + (r->has_block ? BLOCK_OCTETS : 0);
    at = header(at, r->has_block, r->is_sender ? SR : RR, octets);
    at = word(at, r->ssrc);
    if (r->is_sender) {
        at = word(at, (uint32_t)(r->ntp >> 32));
        at = word(at, (uint32_t)r->ntp);
        at = word(at, r->timestamp);
        at = word(at, r->packets);
        at = word(at, r->octets);
    }
    return r->has_block ? write_block(at, &r->block) : at;
}

/* The item, then one to four zero octets up to the next word (clause 6.5). */
static uint8_t *write_cname(uint8_t *at, uint32_t ssrc, const char *cname)
{
    int item = 2 + RTCP_CNAME_OCTETS, padded = (item / 4 + 1) * 4;
    at = word(header(at, 1, SDES, HEADER + 4 + padded), ssrc);
    memset(at, 0, (size_t)padded);
    at[0] = CNAME;
    at[1] = RTCP_CNAME_OCTETS;
    memcpy(at + 2, cname, RTCP_CNAME_OCTETS);
    return at + padded;
}

int rtcp_write(uint8_t octets[RTCP_MOST_OCTETS], const struct rtcp_report *r,
               const char cname[RTCP_CNAME_OCTETS], bool is_bye)
{
    uint8_t *at = write_cname(write_report(octets, r), r->ssrc, cname);
    if (is_bye)
        at = word(header(at, 1, BYE, HEADER + 4), r->ssrc);
    return (int)(at - octets);
}

static struct rtcp_block read_block(const uint8_t *at)
{
    uint32_t loss = rtp_get32(at + 4);
    return (struct rtcp_block){
        .ssrc = rtp_get32(at),
        .fraction = (uint8_t)(loss >> 24),
        .lost = (int32_t)((loss & 0xffffff) ^ 0x800000) - 0x800000,
        .newest = rtp_get32(at + 8),
        .jitter = rtp_get32(at + 12),
        .last_sr = rtp_get32(at + 16),
        .since_sr = rtp_get32(at + 20),
    };
}

/* One SR or RR of a compound; false: it says it has more than it has. */
static bool read_report(const uint8_t *at, int octets, uint32_t about, struct rtcp_report *r)
{
    bool is_sender = at[1] == SR;
    int start = HEADER + 4 + (is_sender ? SENDER_OCTETS : 0), blocks = at[0] & 0x1f;
    if (octets < start + blocks * BLOCK_OCTETS)
        return false;
    r->ssrc = rtp_get32(at + 4);
    if (is_sender) {
        r->is_sender = true;
        r->ntp = (uint64_t)rtp_get32(at + 8) << 32 | rtp_get32(at + 12);
        r->timestamp = rtp_get32(at + 16);
        r->packets = rtp_get32(at + 20);
        r->octets = rtp_get32(at + 24);
    }
    for (int i = 0; i < blocks; i++)
        if (rtp_get32(at + start + i * BLOCK_OCTETS) == about) {
            r->block = read_block(at + start + i * BLOCK_OCTETS);
            r->has_block = true;
        }
    return true;
}

bool rtcp_read(const uint8_t *octets, int length, uint32_t about, struct rtcp_report *r)
{
    memset(r, 0, sizeof *r);
    if (length < HEADER + 4 || octets[0] & 0x20)
        return false; /* only the last packet of a compound may be padded */
    for (int at = 0, step; at < length; at += step) {
        if (length - at < HEADER || (octets[at] & 0xc0) != 0x80 || octets[at + 1] < FIRST_TYPE ||
            octets[at + 1] > LAST_TYPE)
            return false;
        step = 4 * (rtp_get16(octets + at + 2) + 1);
        if (step > length - at)
            return false;
        bool is_report = octets[at + 1] == SR || octets[at + 1] == RR;
        if (is_report && !read_report(octets + at, step, about, r))
            return false;
    }
    return true;
}
