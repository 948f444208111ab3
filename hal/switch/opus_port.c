#include "opus_port.h"

#include <string.h>

#define RATE 8000
#define SMALLEST_FRAME 20  /* 2.5 ms: what is made up comes in multiples of it */
#define MOST_MADE_UP 480   /* in a row: 60 ms, as for the other codecs */
#define PAUSE_OCTETS 2     /* RFC 7587 clause 3.1.3: such packets announce a pause */
#define CODED_SAMPLES 160
#define BITS 24000 /* narrowband speech gains nothing beyond */
#define CONCEALMENT -1
#define NOTHING -2

bool opus_port_init(struct opus_port *o)
{
    int why;
    o->playing = NOTHING;
    o->decoder = opus_decoder_create(RATE, 1, &why);
    o->encoder = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &why);
    if (o->decoder == NULL || o->encoder == NULL)
        return false;
    opus_encoder_ctl(o->encoder, OPUS_SET_COMPLEXITY(0)); /* 30 us a packet; at 5 three times that */
    opus_encoder_ctl(o->encoder, OPUS_SET_BITRATE(BITS));
    opus_encoder_ctl(o->encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(o->encoder, OPUS_SET_INBAND_FEC(1));
    return true;
}

void opus_port_free(struct opus_port *o)
{
    if (o->decoder)
        opus_decoder_destroy(o->decoder);
    if (o->encoder)
        opus_encoder_destroy(o->encoder);
}

int opus_port_samples(const uint8_t *payload, int octets)
{
    int samples = opus_packet_get_nb_samples(payload, octets, RATE);
    return samples > 0 && samples <= JITTER_MAX_PAYLOAD ? samples : 0;
}

void opus_port_begin(struct opus_port *o)
{
    o->has_time = false;
    o->playing = NOTHING;
    o->is_paused = false;
}

/* Step by step, because 2^32 is no multiple of the ratio of the clocks. */
uint32_t opus_port_time(struct opus_port *o, uint32_t timestamp)
{
    if (!o->has_time) {
        o->has_time = true;
        o->time_48k = timestamp;
        o->time_8k = timestamp;
    }
    int32_t steps = (int32_t)(timestamp - o->time_48k) / OPUS_CLOCK_RATIO;
    uint32_t time = o->time_8k + (uint32_t)steps;
    if (steps > 0) {
        o->time_48k += (uint32_t)steps * OPUS_CLOCK_RATIO;
        o->time_8k = time;
    }
    return time;
}

uint8_t opus_port_keep(struct opus_port *o, const uint8_t *payload, int octets, uint32_t start)
{
    uint8_t slot = o->next_slot++;
    uint32_t left = OPUS_ARENA - o->written % OPUS_ARENA;
    if ((uint32_t)octets > left)
        o->written += left; /* packets lie in one piece */
    o->slots[slot] = (struct opus_slot){
        .start = start,
        .written = o->written,
        .octets = (uint16_t)octets,
        .samples = (uint16_t)opus_port_samples(payload, octets),
    };
    memcpy(o->arena + o->written % OPUS_ARENA, payload, (size_t)octets);
    o->written += (uint32_t)octets;
    if (o->playing == slot)
        o->playing = NOTHING;
    return slot;
}

static const uint8_t *packet_of(const struct opus_port *o, const struct opus_slot *slot)
{
    return o->written - slot->written <= OPUS_ARENA ? o->arena + slot->written % OPUS_ARENA : NULL;
}

static void begin_pcm(struct opus_port *o, int playing, uint32_t start, int samples)
{
    o->playing = playing;
    o->start = start;
    o->samples = samples;
}

static void decode(struct opus_port *o, int number)
{
    const struct opus_slot *slot = &o->slots[number];
    const uint8_t *packet = packet_of(o, slot);
    int got = packet ? opus_decode(o->decoder, packet, slot->octets, o->pcm, JITTER_MAX_PAYLOAD, 0)
                     : 0;
    if (got < slot->samples) /* octets that only looked like Opus */
        memset(o->pcm + (got > 0 ? got : 0), 0,
               (size_t)(slot->samples - (got > 0 ? got : 0)) * sizeof *o->pcm);
    begin_pcm(o, number, slot->start, slot->samples);
    o->is_paused = slot->octets <= PAUSE_OCTETS;
    o->missing = 0;
}

/* How long the gap that begins with `known` missing samples is, if a packet waits behind it in the
 * jitter buffer, and that packet's slot; otherwise `known`. */
static int find_next(const struct jitter *j, int known, int *slot)
{
    for (int ahead = 0; known + ahead <= JITTER_MAX_PAYLOAD - SMALLEST_FRAME; ahead++) {
        uint16_t cell = jitter_peek(j, ahead);
        if (cell != JITTER_MISSING) {
            *slot = cell & 0xff;
            return known + ahead;
        }
    }
    return known;
}

/* Make up the samples from `at` on: `gap` of them up to the packet in `next`, -1: unknown. */
static void make_up(struct opus_port *o, uint32_t at, int gap, int next)
{
    int frame = (gap + SMALLEST_FRAME - 1) / SMALLEST_FRAME * SMALLEST_FRAME;
    const uint8_t *packet = next >= 0 ? packet_of(o, &o->slots[next]) : NULL;
    int octets = packet ? o->slots[next].octets : 0;
    if (opus_decode(o->decoder, packet, octets, o->pcm, frame, packet != NULL) < frame)
        memset(o->pcm, 0, (size_t)frame * sizeof *o->pcm);
    begin_pcm(o, CONCEALMENT, at + (uint32_t)gap - (uint32_t)frame, frame); /* its end fits */
}

/* How many of `count` samples from `at` on are in `pcm`. */
static int ready(const struct opus_port *o, uint32_t at, int count)
{
    uint32_t past = at - o->start; /* huge if it is before */
    if (o->playing == NOTHING || past >= (uint32_t)o->samples)
        return 0;
    int left = o->samples - (int)past;
    return left < count ? left : count;
}

static int copy(const struct opus_port *o, uint32_t at, int16_t *in, int count)
{
    int step = ready(o, at, count);
    memcpy(in, o->pcm + (at - o->start), (size_t)step * sizeof *in);
    return step;
}

/* next: the slot of the packet right behind these samples, -1: not known. */
static int play_missing(struct opus_port *o, const struct jitter *j, uint32_t at, int16_t *in,
                        int count, int next)
{
    int gap = count;
    bool is_pause = o->is_paused && o->playing != NOTHING;
    if (!is_pause && (o->playing == NOTHING || o->missing >= MOST_MADE_UP)) {
        memset(in, 0, (size_t)count * sizeof *in);
        return 0;
    }
    if (o->playing != CONCEALMENT || ready(o, at, 1) == 0) {
        if (!is_pause && next < 0)
            gap = find_next(j, count, &next);
        make_up(o, at, gap, is_pause ? -1 : next);
    }
    int step = copy(o, at, in, count);
    memset(in + step, 0, (size_t)(count - step) * sizeof *in);
    o->missing += count;
    return is_pause ? 0 : count;
}

int opus_port_play(struct opus_port *o, const struct jitter *j, const uint16_t *cells, int16_t *in,
                   int count)
{
    int made_up = 0;
    uint32_t first = j->play_at - (uint32_t)count;
    for (int i = 0, end; i < count; i = end) {
        uint32_t at = first + (uint32_t)i;
        for (end = i + 1; end < count && cells[end] == cells[i];)
            end++;
        if (cells[i] == JITTER_MISSING) {
            int next = end < count ? cells[end] & 0xff : -1;
            made_up += play_missing(o, j, at, in + i, end - i, next);
            continue;
        }
        if (o->playing != (cells[i] & 0xff))
            decode(o, cells[i] & 0xff);
        int step = copy(o, at, in + i, end - i);
        memset(in + i + step, 0, (size_t)(end - i - step) * sizeof *in);
    }
    return made_up;
}

int opus_port_glance(struct opus_port *o, const uint8_t *payload, int octets)
{
    int got = opus_decode(o->decoder, payload, octets, o->pcm, JITTER_MAX_PAYLOAD, 0);
    o->playing = NOTHING;
    return got > 0 ? got : 0;
}

int opus_port_make(struct opus_port *o, const int16_t *samples, uint8_t *payload)
{
    int got = opus_encode(o->encoder, samples, CODED_SAMPLES, payload, OPUS_MOST_OCTETS);
    return got > 0 ? got : 0;
}

void opus_port_expect_loss(struct opus_port *o, int percent)
{
    opus_encoder_ctl(o->encoder, OPUS_SET_PACKET_LOSS_PERC(percent));
}
