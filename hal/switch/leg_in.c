/* Receiving side of leg.h. */
#include <string.h>

#include "leg.h"

#define COMFORT_NOISE_TYPE 13   /* RFC 3389: proof of life, nothing to play */
#define MOST_LOST_IN_A_ROW 500  /* a bigger step in sequence is a new stream, not loss */
#define CONCEAL_SAMPLES 480     /* spandsp has faded to silence by then */
#define DURATION_NEAR_END 0xf000 /* RFC 4733 clause 2.5.1.3: long events go on in a new segment */
#define CALL_JITTER_BASE 120    /* 15 ms */

void leg_init(struct leg *l, int fd, uint32_t ssrc, uint16_t sequence, uint32_t timestamp)
{
    memset(l, 0, sizeof *l);
    l->fd = fd;
    l->ssrc = ssrc;
    l->sequence = sequence;
    l->timestamp = timestamp;
    jitter_init(&l->jitter, CALL_JITTER_BASE);
    plc_init(&l->plc);
}

void leg_set(struct leg *l, const struct leg_setting *setting, uint64_t now_ns)
{
    if (l->setting.codec != setting->codec) { /* what waits to be played is of the old one */
        jitter_reset(&l->jitter);
        plc_init(&l->plc);
        l->has_played = false;
    }
    l->setting = *setting;
    l->is_set = true;
    l->lock = LOCK_NONE;
    l->heard_ns = now_ns;
    l->is_silence_told = false;
}

static enum leg_lock match(const struct leg *l, const struct sockaddr_in *from)
{
    if (from->sin_addr.s_addr != l->setting.remote.sin_addr.s_addr)
        return LOCK_OTHER;
    return from->sin_port == l->setting.remote.sin_port ? LOCK_EXACT : LOCK_ADDRESS;
}

static bool is_locked_to(struct leg *l, const struct sockaddr_in *from)
{
    if (l->lock != LOCK_NONE && from->sin_port == l->source.sin_port &&
        from->sin_addr.s_addr == l->source.sin_addr.s_addr)
        return true;
    enum leg_lock better = match(l, from);
    if (better <= l->lock)
        return false;
    l->lock = better;
    l->source = *from;
    return true;
}

static void begin_stream(struct leg *l, const struct rtp_packet *p)
{
    l->has_ssrc = true;
    l->has_played = false;
    l->ssrc_in = p->ssrc;
    l->newest = p->sequence;
    l->seen = 1;
    jitter_reset(&l->jitter);
    plc_init(&l->plc);
}

/* False: a repeat. Counts what was skipped as lost and takes back what comes after all. */
static bool is_in_sequence(struct leg *l, struct port_counts *c, const struct rtp_packet *p)
{
    int step = (int16_t)(p->sequence - l->newest);
    if (!l->has_ssrc || p->ssrc != l->ssrc_in || step > MOST_LOST_IN_A_ROW ||
        step < -MOST_LOST_IN_A_ROW) {
        begin_stream(l, p);
        return true;
    }
    if (step > 0) {
        l->newest = p->sequence;
        l->seen = step < 32 ? (l->seen << step) | 1 : 1;
        count_add(&c->packets_lost, (uint64_t)(step - 1));
        return true;
    }
    if (step <= -32 || l->seen & (1u << -step))
        return false;
    l->seen |= 1u << -step;
    if (count_read(&c->packets_lost) > 0)
        count_set(&c->packets_lost, count_read(&c->packets_lost) - 1);
    return true;
}

static enum leg_verdict kind_of(const struct leg *l, const struct rtp_packet *p)
{
    if (p->payload_type == l->setting.payload_type)
        return p->payload_octets <= JITTER_MAX_PAYLOAD ? LEG_AUDIO : LEG_REFUSED;
    if (p->payload_type == l->setting.dtmf_payload_type)
        return p->payload_octets >= 4 ? LEG_EVENT : LEG_REFUSED;
    return p->payload_type == COMFORT_NOISE_TYPE ? LEG_IGNORED : LEG_REFUSED;
}

enum leg_verdict leg_receive(struct leg *l, struct port_counts *c, const struct rtp_packet *p,
                             const struct sockaddr_in *from, uint64_t now_ns)
{
    if (!l->is_set || !l->setting.receive)
        return LEG_IGNORED;
    enum leg_verdict kind = kind_of(l, p);
    if (kind == LEG_REFUSED || !is_locked_to(l, from)) {
        count_add(&c->packets_refused, 1);
        return LEG_REFUSED;
    }
    l->heard_ns = now_ns;
    l->is_silence_told = false;
    count_add(&c->packets_in, 1);
    return is_in_sequence(l, c, p) ? kind : LEG_IGNORED;
}

char leg_digit(struct leg *l, const struct rtp_packet *p)
{
    struct telephone_event e;
    if (!telephone_event_parse(p->payload, p->payload_octets, &e) || digit_letter(e.event) == 0)
        return 0;
    if (l->has_event && (int32_t)(p->timestamp - l->event_at) <= 0) {
        if (p->timestamp == l->event_at && e.duration > l->event_duration)
            l->event_duration = e.duration;
        if (p->timestamp == l->event_at && e.is_end)
            l->event_ended = true;
        return 0;
    }
    bool goes_on = l->has_event && !l->event_ended && e.event == l->event_code &&
                   l->event_duration >= DURATION_NEAR_END &&
                   p->timestamp - l->event_at <= 0x10000u + LEG_PACKET;
    l->has_event = true;
    l->event_at = p->timestamp;
    l->event_duration = e.duration;
    l->event_code = e.event;
    l->event_ended = e.is_end;
    return goes_on ? 0 : digit_letter(e.event);
}

bool leg_went_silent(struct leg *l, uint64_t now_ns)
{
    if (!l->is_set || !l->setting.receive || l->is_silence_told ||
        now_ns - l->heard_ns < LEG_SILENCE_NS || now_ns < l->heard_ns)
        return false;
    l->is_silence_told = true;
    l->lock = LOCK_NONE;
    return true;
}

void leg_push(struct leg *l, struct port_counts *c, const struct rtp_packet *p, uint64_t now_ns,
              int samples_to_tick)
{
    if (!jitter_put(&l->jitter, p->timestamp, p->payload, p->payload_octets,
                    (uint32_t)(now_ns / 125000), samples_to_tick))
        count_add(&c->packets_late, 1);
    atomic_store_explicit(&c->jitter_samples, l->jitter.jitter, memory_order_relaxed);
}

static void conceal(struct leg *l, struct port_counts *c, int16_t *in, int count)
{
    if (l->has_played && l->plc.missing_samples < CONCEAL_SAMPLES) {
        plc_fillin(&l->plc, in, count);
        count_add(&c->concealed_samples, (uint64_t)count);
    } else {
        memset(in, 0, (size_t)count * sizeof *in);
    }
}

void leg_expand(struct leg *l, const struct g711_tables *g, const uint8_t *octets, int16_t *samples,
                int count)
{
    if (l->setting.codec == CODEC_G722) {
        g722_decode(l->coder->g722_in, samples, octets, count);
        return;
    }
    const int16_t *expand = l->setting.codec == CODEC_PCMU ? g->from_ulaw : g->from_alaw;
    for (int i = 0; i < count; i++)
        samples[i] = expand[octets[i]];
}

void leg_pull(struct leg *l, struct port_counts *c, const struct g711_tables *g, int16_t *in, int count)
{
    uint16_t cells[LEG_PACKET];
    uint8_t octets[LEG_PACKET];
    jitter_get(&l->jitter, cells, count);
    for (int at = 0, end; at < count; at = end) {
        bool is_present = cells[at] != JITTER_MISSING;
        for (end = at; end < count && (cells[end] != JITTER_MISSING) == is_present; end++)
            octets[end] = (uint8_t)cells[end];
        if (!is_present) {
            conceal(l, c, in + at, end - at);
            continue;
        }
        leg_expand(l, g, octets + at, in + at, end - at);
        plc_rx(&l->plc, in + at, end - at);
        l->has_played = true;
    }
}
