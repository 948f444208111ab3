#include "rtp.h"

#define VERSION_BITS 0x80
#define EVENT_VOLUME 10 /* -10 dBm0 */

uint16_t rtp_get16(const uint8_t *o)
{
    return (uint16_t)(o[0] << 8 | o[1]);
}

uint32_t rtp_get32(const uint8_t *o)
{
    return (uint32_t)rtp_get16(o) << 16 | rtp_get16(o + 2);
}

void rtp_put16(uint8_t *o, uint16_t value)
{
    o[0] = (uint8_t)(value >> 8);
    o[1] = (uint8_t)value;
}

void rtp_put32(uint8_t *o, uint32_t value)
{
    rtp_put16(o, (uint16_t)(value >> 16));
    rtp_put16(o + 2, (uint16_t)value);
}

int rtp_payload_start(const uint8_t *octets, size_t length)
{
    if (length < RTP_HEADER || (octets[0] & 0xc0) != VERSION_BITS)
        return 0;
    size_t start = RTP_HEADER + 4u * (octets[0] & 0x0f);
    if (octets[0] & 0x10) { /* header extension, clause 5.3.1 */
        if (length < start + 4)
            return 0;
        start += 4 + 4u * rtp_get16(octets + start + 2);
    }
    return start <= length ? (int)start : 0;
}

bool rtp_parse(uint8_t *octets, size_t length, struct rtp_packet *packet)
{
    size_t start = (size_t)rtp_payload_start(octets, length);
    if (start == 0)
        return false;
    size_t end = length;
    if (octets[0] & 0x20) { /* padding: the last octet says how much, itself included */
        if (octets[length - 1] == 0 || octets[length - 1] > length)
            return false;
        end -= octets[length - 1];
    }
    if (start > end)
        return false;
    packet->marker = octets[1] & 0x80;
    packet->payload_type = octets[1] & 0x7f;
    packet->sequence = rtp_get16(octets + 2);
    packet->timestamp = rtp_get32(octets + 4);
    packet->ssrc = rtp_get32(octets + 8);
    packet->payload = octets + start;
    packet->payload_octets = (int)(end - start);
    return true;
}

void rtp_header(uint8_t *octets, const struct rtp_packet *packet)
{
    octets[0] = VERSION_BITS;
    octets[1] = (uint8_t)((packet->marker ? 0x80 : 0) | packet->payload_type);
    rtp_put16(octets + 2, packet->sequence);
    rtp_put32(octets + 4, packet->timestamp);
    rtp_put32(octets + 8, packet->ssrc);
}

bool telephone_event_parse(const uint8_t *payload, int length, struct telephone_event *e)
{
    if (length < 4)
        return false;
    e->event = payload[0];
    e->is_end = payload[1] & 0x80;
    e->duration = rtp_get16(payload + 2);
    return true;
}

void telephone_event_write(uint8_t payload[4], const struct telephone_event *e)
{
    payload[0] = e->event;
    payload[1] = (uint8_t)((e->is_end ? 0x80 : 0) | EVENT_VOLUME);
    rtp_put16(payload + 2, e->duration);
}
