#include "rtp.h"

#define VERSION_BITS 0x80
#define EVENT_VOLUME 10 /* -10 dBm0 */

static uint16_t get16(const uint8_t *o)
{
    return (uint16_t)(o[0] << 8 | o[1]);
}

static uint32_t get32(const uint8_t *o)
{
    return (uint32_t)get16(o) << 16 | get16(o + 2);
}

static void put16(uint8_t *o, uint16_t value)
{
    o[0] = (uint8_t)(value >> 8);
    o[1] = (uint8_t)value;
}

static void put32(uint8_t *o, uint32_t value)
{
    put16(o, (uint16_t)(value >> 16));
    put16(o + 2, (uint16_t)value);
}

bool rtp_parse(uint8_t *octets, size_t length, struct rtp_packet *packet)
{
    if (length < RTP_HEADER || (octets[0] & 0xc0) != VERSION_BITS)
        return false;
    size_t start = RTP_HEADER + 4u * (octets[0] & 0x0f);
    if (octets[0] & 0x10) { /* header extension, clause 5.3.1 */
        if (length < start + 4)
            return false;
        start += 4 + 4u * get16(octets + start + 2);
    }
    size_t end = length;
    if (octets[0] & 0x20) { /* padding: the last octet says how much, itself included */
        if (octets[length - 1] == 0 || octets[length - 1] > length)
            return false;
        end -= octets[length - 1];
    }
    if (start >= end)
        return false;
    packet->marker = octets[1] & 0x80;
    packet->payload_type = octets[1] & 0x7f;
    packet->sequence = get16(octets + 2);
    packet->timestamp = get32(octets + 4);
    packet->ssrc = get32(octets + 8);
    packet->payload = octets + start;
    packet->payload_octets = (int)(end - start);
    return true;
}

void rtp_header(uint8_t *octets, const struct rtp_packet *packet)
{
    octets[0] = VERSION_BITS;
    octets[1] = (uint8_t)((packet->marker ? 0x80 : 0) | packet->payload_type);
    put16(octets + 2, packet->sequence);
    put32(octets + 4, packet->timestamp);
    put32(octets + 8, packet->ssrc);
}

bool telephone_event_parse(const uint8_t *payload, int length, struct telephone_event *e)
{
    if (length < 4)
        return false;
    e->event = payload[0];
    e->is_end = payload[1] & 0x80;
    e->duration = get16(payload + 2);
    return true;
}

void telephone_event_write(uint8_t payload[4], const struct telephone_event *e)
{
    payload[0] = e->event;
    payload[1] = (uint8_t)((e->is_end ? 0x80 : 0) | EVENT_VOLUME);
    put16(payload + 2, e->duration);
}
