#include "plan.h"

/* For a recording a copy may be late: more room for jitter costs the parties nothing. */
#define COPY_JITTER_BASE 480 /* 60 ms */
#define CALL_JITTER_BASE 120 /* 15 ms */

static bool is_plain(const struct port *p)
{
    return p->kind == PORT_RTP && p->leg.is_set && p->player.sound == NULL &&
           !digits_pending(&p->digits) && p->receivers == NULL && p->echo == NULL;
}

static bool hears_only(const struct port *listener, const struct port *source)
{
    return listener->hears_count == 1 && listener->hears[0].source == source->index &&
           listener->hears[0].gain == 1.0f;
}

static int peer_of(const struct port *ports, const struct port *p)
{
    if (!is_plain(p) || p->hears_count != 1)
        return -1;
    const struct port *peer = &ports[p->hears[0].source];
    if (peer == p || !is_plain(peer) || !hears_only(p, peer) || !hears_only(peer, p) ||
        peer->leg.setting.codec != p->leg.setting.codec)
        return -1;
    return peer->index;
}

static bool needs_out(const struct port *p)
{
    if (p->kind == PORT_SLOT || p->taps != NULL || p->echo != NULL)
        return true;
    if (p->kind != PORT_RTP || p->forward_to >= 0)
        return false;
    bool is_busy = p->player.sound != NULL || digits_pending(&p->digits); /* they must end */
    return is_busy || (p->leg.is_set && p->leg.setting.send);
}

static void plan_port(struct port *ports, struct port *p)
{
    p->forward_to = peer_of(ports, p);
    p->wants_out = needs_out(p);
    p->wants_in = p->wants_in || p->kind != PORT_RTP || p->taps != NULL ||
                  p->receivers != NULL || p->echo != NULL;
    for (int i = 0; p->wants_out && i < p->hears_count; i++)
        ports[p->hears[i].source].wants_in = true;
}

void plan_add(struct plan *plan, struct port *ports, int index)
{
    if (plan->open_count < SWITCH_PORTS)
        plan->open[plan->open_count++] = (uint16_t)index;
    else
        plan_make(plan, ports); /* closed ports were still listed */
}

void plan_make(struct plan *plan, struct port *ports)
{
    bool wanted_in[SWITCH_PORTS];
    plan->open_count = 0;
    for (int i = 0; i < SWITCH_PORTS; i++)
        if (ports[i].kind != PORT_FREE) {
            plan->open[plan->open_count++] = (uint16_t)i;
            wanted_in[i] = ports[i].wants_in;
            ports[i].wants_in = false;
        }
    for (int i = 0; i < plan->open_count; i++)
        plan_port(ports, &ports[plan->open[i]]);
    for (int i = 0; i < plan->open_count; i++) {
        struct port *p = &ports[plan->open[i]];
        p->leg.jitter.base = p->forward_to >= 0 ? COPY_JITTER_BASE : CALL_JITTER_BASE;
        if (p->wants_in && !wanted_in[p->index]) /* what it holds is from long ago */
            jitter_reset(&p->leg.jitter);
    }
}
