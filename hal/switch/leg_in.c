/* Receiving side of leg.h. */
#include <string.h>

#include "leg.h"

#define COMFORT_NOISE_TYPE 13   /* RFC 3389: proof of life, nothing to play */
#define CONCEAL_SAMPLES 480     /* spandsp has faded to silence by then */
#define DURATION_NEAR_END 0xf000 /* RFC 4733 clause 2.5.1.3: long events go on in a new segment */
#define GLANCE_EVERY 5           /* Opus: decoding only for the meter is dear */
#define CALL_JITTER_BASE 120    /* 15 ms */

void leg_init(struct leg *l, int fd, uint32_t ssrc, uint16_t sequence, uint32_t timestamp)
{
    memset(l, 0, sizeof *l);
    l->fd = fd;
    l->ssrc = ssrc;
    l->sequence = l->first_sequence = sequence;
    l->timestamp = timestamp;
    jitter_init(&l->jitter, CALL_JITTER_BASE);
    plc_init(&l->plc);
}

static bool is_same(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
    return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

void leg_set(struct leg *l, const struct leg_setting *setting, uint64_t now_ns)
{
    if (l->setting.codec != setting->codec) { /* what waits to be played is of the old one */
        jitter_reset(&l->jitter);
        plc_init(&l->plc);
        l->has_played = false;
    }
    if (!is_same(&l->setting.remote, &setting->remote)) { /* another party, another stream */
        l->has_known = false;
        l->reception.is_begun = false;
    }
    l->setting = *setting;
    l->is_set = true;
    l->lock = LOCK_NONE;
    l->heard_ns = now_ns;
    l->is_silence_told = false;
}

static enum leg_lock match(const struct leg *l, const struct sockaddr_in *from)
{
    in_addr_t address = from->sin_addr.s_addr;
    if (is_same(from, &l->setting.remote))
        return LOCK_EXACT;
    if (l->has_known && is_same(from, &l->known))
        return LOCK_KNOWN;
    if (address == l->setting.remote.sin_addr.s_addr ||
        (l->has_known && address == l->known.sin_addr.s_addr))
        return LOCK_ADDRESS;
    return l->has_known ? LOCK_NONE : LOCK_OTHER;
}

static bool is_source(const struct leg *l, const struct sockaddr_in *from)
{
    return l->lock != LOCK_NONE && is_same(from, &l->source);
}

static bool may_be_party(const struct leg *l, const struct sockaddr_in *from)
{
    return is_source(l, from) || match(l, from) > l->lock;
}

static void lock_to(struct leg *l, const struct sockaddr_in *from)
{
    if (is_source(l, from))
        return;
    l->lock = match(l, from);
    l->source = *from;
    if (!l->has_known || l->lock == LOCK_EXACT)
        l->known = *from;
    l->has_known = true;
}

static void unlock(struct leg *l)
{
    l->lock = LOCK_NONE;
    l->reception.is_begun = false;
    if (l->known.sin_addr.s_addr != l->setting.remote.sin_addr.s_addr)
        l->has_known = false; /* it never was where it was said to be: it may be anywhere */
}

bool leg_open(struct leg *l, uint8_t *octets, size_t *length, const struct sockaddr_in *from)
{
    if (!l->is_set || !l->setting.is_secure)
        return true;
    int opened = may_be_party(l, from) ? srtp_unprotect(l->srtp_in, octets, (int)*length) : -1;
    *length = opened > 0 ? (size_t)opened : 0;
    return opened > 0;
}

static void begin_stream(struct leg *l)
{
    l->has_played = false;
    jitter_reset(&l->jitter);
    plc_init(&l->plc);
    if (l->setting.codec == CODEC_OPUS)
        opus_port_begin(&l->coder->opus);
}

/* False: a repeat, or a stray. Counts what was skipped as lost, takes back what comes after all. */
static bool is_wanted(struct leg *l, struct port_counts *c, const struct rtp_packet *p)
{
    int skipped;
    enum reception_order order = reception_take(&l->reception, p, &skipped);
    if (order == RECEPTION_BEGINS)
        begin_stream(l);
    if (skipped > 0)
        count_add(&c->packets_lost, (uint64_t)skipped);
    if (order == RECEPTION_LATE && count_read(&c->packets_lost) > 0)
        count_set(&c->packets_lost, count_read(&c->packets_lost) - 1);
    return order != RECEPTION_REPEAT && order != RECEPTION_STRAY;
}

static void time_arrival(struct leg *l, struct port_counts *c, const struct rtp_packet *p,
                         uint64_t now_ns)
{
    int khz = leg_clock_khz(l);
    reception_time(&l->reception, p->timestamp, (uint32_t)(now_ns * (uint64_t)khz / 1000000));
    float ms = l->reception.jitter / (float)khz;
    l->jitter.jitter = ms * 8;
    atomic_store_explicit(&c->jitter_ms, ms, memory_order_relaxed);
}

static bool is_audio(const struct leg *l, const struct rtp_packet *p)
{
    if (l->setting.codec == CODEC_OPUS)
        return opus_port_samples(p->payload, p->payload_octets) > 0;
    return p->payload_octets <= JITTER_MAX_PAYLOAD;
}

static enum leg_verdict kind_of(const struct leg *l, const struct rtp_packet *p)
{
    if (p->payload_octets == 0 && p->payload_type == l->setting.payload_type)
        return LEG_IGNORED; /* proof of life */
    if (p->payload_type == l->setting.payload_type)
        return is_audio(l, p) ? LEG_AUDIO : LEG_REFUSED;
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
    if (kind == LEG_REFUSED || !may_be_party(l, from)) {
        count_add(&c->packets_refused, 1);
        return LEG_REFUSED;
    }
    lock_to(l, from);
    l->heard_ns = now_ns;
    l->is_silence_told = false;
    count_add(&c->packets_in, 1);
    if (!is_wanted(l, c, p))
        return LEG_IGNORED;
    if (kind == LEG_AUDIO)
        time_arrival(l, c, p, now_ns);
    return kind;
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
    uint32_t longest = (uint32_t)leg_clock_khz(l) / 8 * (0x10000u + LEG_PACKET);
    bool goes_on = l->has_event && !l->event_ended && e.event == l->event_code &&
                   l->event_duration >= DURATION_NEAR_END &&
                   p->timestamp - l->event_at <= longest;
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
    unlock(l);
    return true;
}

void leg_push(struct leg *l, struct port_counts *c, const struct rtp_packet *p, int samples_to_tick)
{
    uint8_t slots[JITTER_MAX_PAYLOAD];
    const uint8_t *octets = p->payload;
    uint32_t at = p->timestamp;
    int count = p->payload_octets;
    if (l->setting.codec == CODEC_OPUS) { /* the packet's slot in the place of each sample */
        struct opus_port *o = &l->coder->opus;
        at = opus_port_time(o, at);
        count = opus_port_samples(p->payload, p->payload_octets);
        memset(slots, opus_port_keep(o, p->payload, p->payload_octets, at), (size_t)count);
        octets = slots;
    }
    if (!jitter_put(&l->jitter, at, octets, count, samples_to_tick))
        count_add(&c->packets_late, 1);
}

/* Turn the history so that it begins with the oldest sample. plc_fillin() would do so by memcpy()
 * between places that overlap (spandsp 0.0.6), which may spoil it; turned, it lets it be. */
static void straighten(plc_state_t *plc)
{
    int16_t newest[PLC_HISTORY_LEN];
    size_t newer = (size_t)plc->buf_ptr, older = PLC_HISTORY_LEN - newer;
    memcpy(newest, plc->history, newer * sizeof *newest);
    memmove(plc->history, plc->history + newer, older * sizeof *newest);
    memcpy(plc->history + older, newest, newer * sizeof *newest);
    plc->buf_ptr = 0;
}

static void conceal(struct leg *l, struct port_counts *c, int16_t *in, int count)
{
    if (l->has_played && l->plc.missing_samples < CONCEAL_SAMPLES) {
        straighten(&l->plc);
        plc_fillin(&l->plc, in, count);
        count_add(&c->concealed_samples, (uint64_t)count);
    } else {
        memset(in, 0, (size_t)count * sizeof *in);
    }
}

static void expand(struct leg *l, const struct g711_tables *g, const uint8_t *octets,
                   int16_t *samples, int count)
{
    if (l->setting.codec == CODEC_G722) {
        g722_decode(l->coder->g722_in, samples, octets, count);
        return;
    }
    const int16_t *table = l->setting.codec == CODEC_PCMU ? g->from_ulaw : g->from_alaw;
    for (int i = 0; i < count; i++)
        samples[i] = table[octets[i]];
}

int leg_glance(struct leg *l, const struct g711_tables *g, const struct rtp_packet *p,
               int16_t *samples)
{
    if (l->setting.codec != CODEC_OPUS) {
        expand(l, g, p->payload, samples, p->payload_octets);
        return p->payload_octets;
    }
    if (p->sequence % GLANCE_EVERY != 0)
        return 0;
    int count = opus_port_glance(&l->coder->opus, p->payload, p->payload_octets);
    memcpy(samples, l->coder->opus.pcm, (size_t)count * sizeof *samples);
    return count;
}

static void pull_octets(struct leg *l, struct port_counts *c, const struct g711_tables *g,
                        const uint16_t *cells, int16_t *in, int count)
{
    uint8_t octets[LEG_PACKET];
    for (int at = 0, end; at < count; at = end) {
        bool is_present = cells[at] != JITTER_MISSING;
        for (end = at; end < count && (cells[end] != JITTER_MISSING) == is_present; end++)
            octets[end] = (uint8_t)cells[end];
        if (!is_present) {
            conceal(l, c, in + at, end - at);
            continue;
        }
        expand(l, g, octets + at, in + at, end - at);
        plc_rx(&l->plc, in + at, end - at);
        l->has_played = true;
    }
}

void leg_pull(struct leg *l, struct port_counts *c, const struct g711_tables *g, int16_t *in, int count)
{
    uint16_t cells[LEG_PACKET];
    jitter_get(&l->jitter, cells, count);
    if (l->setting.codec != CODEC_OPUS) {
        pull_octets(l, c, g, cells, in, count);
        return;
    }
    int made_up = opus_port_play(&l->coder->opus, &l->jitter, cells, in, count);
    if (made_up > 0)
        count_add(&c->concealed_samples, (uint64_t)made_up);
}
