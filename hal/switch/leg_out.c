/* Sending side of leg.h. */
#include <string.h>

#include "leg.h"

#define PAUSE_NS 500000000ull /* after that long the timeline follows the clock */

bool leg_can_send(const struct leg *l)
{
    const struct sockaddr_in *to = leg_destination(l);
    return l->is_set && l->setting.send && to->sin_port != 0 && to->sin_addr.s_addr != INADDR_ANY;
}

const struct sockaddr_in *leg_destination(const struct leg *l)
{
    return l->lock != LOCK_NONE ? &l->source : &l->setting.remote;
}

int leg_seal(struct leg *l, uint8_t *octets, int length)
{
    if (!l->setting.is_secure)
        return length;
    int behind = (int16_t)(rtp_get16(octets + 2) - (uint16_t)l->sequence); /* 0 or less */
    return srtp_protect(l->srtp_out, octets, length, l->sequence + (uint32_t)behind);
}

/* Bring `timestamp` up to now after a pause; true if there was one (or nothing was ever sent). */
static bool catch_up(struct leg *l, uint64_t now_ns)
{
    bool was_paused = !l->has_sent || now_ns - l->sent_ns > PAUSE_NS;
    if (l->has_sent && was_paused)
        l->timestamp += ((uint32_t)((now_ns - l->sent_ns) / 20000000) - 1) * leg_packet_ticks(l);
    l->has_sent = true;
    l->sent_ns = now_ns;
    return was_paused;
}

static void map(struct leg *l, const struct rtp_packet *p)
{
    l->is_mapped = true;
    l->mapped_ssrc = p->ssrc;
    l->mapped_from = p->sequence;
    l->sequence_offset = (uint16_t)(l->sequence + 1 - p->sequence);
    l->timestamp_offset = l->timestamp - p->timestamp;
}

/* Timestamp units the audio of a packet lasts. */
static uint32_t ticks_of(const struct leg *l, const struct rtp_packet *p)
{
    if (l->setting.codec == CODEC_OPUS)
        return OPUS_CLOCK_RATIO * (uint32_t)opus_port_samples(p->payload, p->payload_octets);
    return (uint32_t)p->payload_octets;
}

bool leg_renumber(struct leg *l, struct rtp_packet *p, uint64_t now_ns)
{
    bool is_first = catch_up(l, now_ns);
    if (!l->is_mapped || l->mapped_ssrc != p->ssrc) {
        map(l, p);
        is_first = true;
    } else if ((int16_t)(p->sequence - l->mapped_from) < 0) {
        return false; /* its number is already taken by what we sent before */
    }
    if ((uint16_t)(p->sequence - l->mapped_from) > 0x4000)
        l->mapped_from = (uint16_t)(p->sequence - 0x2000); /* keep the comparison valid */
    p->sequence = (uint16_t)(p->sequence + l->sequence_offset);
    p->timestamp += l->timestamp_offset;
    p->ssrc = l->ssrc;
    p->marker = p->marker || is_first;
    l->sent_timestamp = p->timestamp;
    l->sent_octets += (uint32_t)p->payload_octets;
    int step = (int16_t)(p->sequence - (uint16_t)l->sequence);
    if (step > 0)
        l->sequence += (uint32_t)step;
    uint32_t after = p->timestamp + ticks_of(l, p);
    if (p->payload_type == l->setting.payload_type && (int32_t)(after - l->timestamp) > 0)
        l->timestamp = after;
    return true;
}

static int make_event(struct leg *l, struct digits *d, uint8_t *octets)
{
    bool is_first = d->at == 0;
    if (is_first)
        l->event_out_at = l->timestamp;
    int duration = d->at + LEG_PACKET;
    struct telephone_event e = {
        .event = d->events[d->first],
        .is_end = duration > DIGIT_ON_SAMPLES,
        .duration = (uint16_t)(duration > DIGIT_ON_SAMPLES ? DIGIT_ON_SAMPLES : duration),
    };
    struct rtp_packet p = {
        .payload_type = (uint8_t)l->setting.dtmf_payload_type,
        .marker = is_first,
        .sequence = (uint16_t)++l->sequence,
        .timestamp = l->event_out_at,
        .ssrc = l->ssrc,
    };
    rtp_header(octets, &p);
    telephone_event_write(octets + RTP_HEADER, &e);
    return RTP_HEADER + 4;
}

static int compress(struct leg *l, const struct g711_tables *g, const int16_t *samples,
                    uint8_t *payload)
{
    if (l->setting.codec == CODEC_OPUS)
        return opus_port_make(&l->coder->opus, samples, payload);
    if (l->setting.codec == CODEC_G722)
        return g722_encode(l->coder->g722_out, payload, samples, LEG_PACKET);
    bool is_ulaw = l->setting.codec == CODEC_PCMU;
    for (int i = 0; i < LEG_PACKET; i++)
        payload[i] = is_ulaw ? g711_ulaw(g, samples[i]) : g711_alaw(g, samples[i]);
    return LEG_PACKET;
}

static int make_audio(struct leg *l, const struct g711_tables *g, const int16_t *samples,
                      uint8_t *octets, bool marker)
{
    int length = compress(l, g, samples, octets + RTP_HEADER);
    if (length == 0)
        return 0;
    struct rtp_packet p = {
        .payload_type = l->setting.payload_type,
        .marker = marker,
        .sequence = (uint16_t)++l->sequence,
        .timestamp = l->timestamp,
        .ssrc = l->ssrc,
    };
    rtp_header(octets, &p);
    return RTP_HEADER + length;
}

int leg_make(struct leg *l, const struct g711_tables *g, struct digits *d, const int16_t *samples,
             uint8_t *octets, uint64_t now_ns)
{
    bool marker = catch_up(l, now_ns);
    l->is_mapped = false;
    /* the event, then its end three times (RFC 4733 clause 2.5.1.4), then audio in the pause */
    bool is_event = digits_pending(d) && l->setting.dtmf_payload_type >= 0 &&
                    d->at < DIGIT_ON_SAMPLES + 3 * LEG_PACKET;
    int length = is_event ? make_event(l, d, octets) : make_audio(l, g, samples, octets, marker);
    if (digits_pending(d) && l->setting.dtmf_payload_type >= 0)
        digits_advance(d, LEG_PACKET);
    l->sent_timestamp = l->timestamp;
    l->sent_octets += length > 0 ? (uint32_t)(length - RTP_HEADER) : 0;
    l->timestamp += leg_packet_ticks(l);
    return length;
}
