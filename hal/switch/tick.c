/* One tick of the switch (core.h): take in, listen, mix, record, give out. */
#include <string.h>

#include "core.h"

#define CHECK_TICKS 16 /* how often RTP ports are asked whether they went silent or owe a report */

/* After the canceller an echo is at least this much below what was sent; a caller who presses a
 * key over a prompt is never (18 dB, as power). */
#define ECHO_RESIDUE 63.0f

struct found {
    struct core *core;
    struct port *port;
};

static bool is_own_echo(const struct port *p)
{
    return p->echo && atomic_load_explicit(&p->level_out.power, memory_order_relaxed) >
                          ECHO_RESIDUE *
                              atomic_load_explicit(&p->level_in.power, memory_order_relaxed);
}

static void report(void *to, const struct switch_event *event)
{
    struct found *found = to;
    struct switch_event copy = *event;
    if (event->kind == EVENT_DIGIT && is_own_echo(found->port))
        return;
    core_emit(found->core, found->port, &copy);
}

static void to_samples(const float *mix, int16_t *samples, int count)
{
    for (int i = 0; i < count; i++) {
        float v = mix[i] > 32767.0f ? 32767.0f : mix[i] < -32768.0f ? -32768.0f : mix[i];
        samples[i] = (int16_t)v;
    }
}

static void play(struct core *c, struct port *p, float *mix, int count)
{
    int32_t ended = player_add(&p->player, &c->g711, mix, count, &c->returned);
    if (ended >= 0)
        core_emit(c, p, &(struct switch_event){.kind = EVENT_PLAYED, .a = ended});
    c->is_plan_stale |= p->player.sound == NULL;
}

static void take_slot(const struct core *c, struct port *p, int count)
{
    if (!c->tdm.is_running) {
        memset(p->in, 0, sizeof p->in);
        return;
    }
    for (int i = 0; i < count; i++)
        p->in[i] = c->g711.from_alaw[c->tdm.in[i * TDM_SLOTS + p->slot]];
}

static void take_player(struct core *c, struct port *p, int count)
{
    float mix[BLOCK] = {0};
    if (p->player.sound)
        play(c, p, mix, count);
    to_samples(mix, p->in, count);
}

static void take_in(struct core *c, struct port *p, int count)
{
    switch (p->kind) {
    case PORT_RTP: leg_pull(&p->leg, &p->counts, &c->g711, p->in, count); break;
    case PORT_SLOT: take_slot(c, p, count); break;
    case PORT_PLAYER: take_player(c, p, count); break;
    case PORT_FREE: return;
    }
    if (p->echo) {
        echo_cancel(p->echo, p->in, count);
        atomic_store_explicit(&p->echo_before, p->echo->before, memory_order_relaxed);
        atomic_store_explicit(&p->echo_after, p->echo->after, memory_order_relaxed);
    }
    level_add(&p->level_in, p->in, count);
    if (p->receivers)
        receivers_process(p->receivers, p->in, count, report, &(struct found){c, p});
}

static void mix(struct core *c, struct port *p, int count)
{
    bool dials_tones = digits_pending(&p->digits) &&
                       !(p->kind == PORT_RTP && p->leg.setting.dtmf_payload_type >= 0);
    bool plays = p->player.sound != NULL && p->kind != PORT_PLAYER;
    if (!plays && !dials_tones && p->hears_count == 1 && p->hears[0].gain == 1.0f) {
        memcpy(p->out, c->ports[p->hears[0].source].in, (size_t)count * sizeof *p->out);
        return;
    }
    float sum[BLOCK] = {0};
    for (int h = 0; h < p->hears_count; h++) {
        const int16_t *in = c->ports[p->hears[h].source].in;
        float gain = p->hears[h].gain;
        for (int i = 0; i < count; i++)
            sum[i] += gain * (float)in[i];
    }
    if (plays)
        play(c, p, sum, count);
    if (dials_tones)
        digits_add(&p->digits, sum, count);
    to_samples(sum, p->out, count);
}

static void give_out(struct core *c, struct port *p, int count)
{
    bool was_dialling = digits_pending(&p->digits);
    mix(c, p, count);
    level_add(&p->level_out, p->out, count);
    if (p->echo)
        echo_sent(p->echo, p->out, count);
    if (p->kind == PORT_SLOT && c->tdm.is_running)
        for (int i = 0; i < count; i++)
            c->tdm.out[i * TDM_SLOTS + p->slot] = g711_alaw(&c->g711, p->out[i]);
    else if (p->kind == PORT_RTP && p->forward_to < 0)
        media_send(c, p, p->out, count);
    c->is_plan_stale |= was_dialling && !digits_pending(&p->digits);
}

static void check_rtp(struct core *c, struct port *p)
{
    if (leg_went_silent(&p->leg, c->now_ns))
        core_emit(c, p,
                  &(struct switch_event){.kind = EVENT_MEDIA_LOST,
                                         .a = (int32_t)((c->now_ns - p->leg.heard_ns) / 1000000)});
    reports_check(c, p);
}

void tick_run(struct core *c, int count)
{
    bool is_checked = count_read(&c->ticks) % CHECK_TICKS == 0;
    for (int i = 0; i < c->plan.open_count; i++) {
        struct port *p = &c->ports[c->plan.open[i]];
        if (p->wants_in)
            take_in(c, p, count);
        if (is_checked && p->kind == PORT_RTP)
            check_rtp(c, p);
    }
    for (int i = 0; i < c->plan.open_count; i++) {
        struct port *p = &c->ports[c->plan.open[i]];
        if (p->wants_out)
            give_out(c, p, count);
        for (struct tap *t = p->taps; t; t = t->next_on_port)
            tap_write(t, &c->g711, p->in, p->out, count);
    }
    c->clock_samples += (uint64_t)count;
    if (c->is_plan_stale)
        plan_make(&c->plan, c->ports);
    c->is_plan_stale = false;
}
