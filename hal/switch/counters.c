/* switch.h: counters as the control side reads them. */
#include "books.h"

void switch_counters(struct audio_switch *s, struct switch_counters *to)
{
    const struct core *c = &s->core;
    *to = (struct switch_counters){
        .ticks = count_read(&c->ticks),
        .late_ticks = count_read(&c->late_ticks),
        .worst_tick_us = count_read(&c->worst_tick_us),
        .events_dropped = count_read(&c->events_dropped),
        .commands_refused = s->commands_refused,
        .tdm_unwritten = count_read(&c->tdm.unwritten),
        .packets_forwarded = count_read(&c->forwarded),
        .tdm_running = (int32_t)count_read(&c->tdm_running),
        .is_realtime = s->is_realtime,
    };
}

static void read_port(const struct audio_switch *s, int index, struct switch_port_counters *to)
{
    const struct port *p = &s->core.ports[index];
    const struct entry *e = &s->entries[index];
    const struct port_counts *n = &p->counts;
    to->port = e->generation * SWITCH_PORTS + index;
    to->kind = (int32_t)e->kind;
    to->codec = e->is_set ? (int32_t)e->codec : -1;
    to->is_encrypted = e->is_secure;
    to->packets_in = count_read(&n->packets_in);
    to->packets_out = count_read(&n->packets_out);
    to->packets_lost = count_read(&n->packets_lost);
    to->packets_late = count_read(&n->packets_late);
    to->packets_refused = count_read(&n->packets_refused);
    to->concealed_samples = count_read(&n->concealed_samples);
    to->jitter_ms = (double)atomic_load(&n->jitter_ms);
    to->far_lost = atomic_load(&n->far_lost);
    to->far_jitter_ms = (double)atomic_load(&n->far_jitter_ms);
    to->round_trip_ms = (double)atomic_load(&n->round_trip_ms);
    to->level_in_dbm0 = level_dbm0(atomic_load(&p->level_in.power));
    to->level_out_dbm0 = level_dbm0(atomic_load(&p->level_out.power));
    to->erle_db = echo_erle_db(atomic_load(&p->echo_before), atomic_load(&p->echo_after));
}

int switch_port_counters(struct audio_switch *s, struct switch_port_counters *ports)
{
    int count = 0;
    for (int i = 0; i < SWITCH_PORTS; i++)
        if (s->entries[i].state == ENTRY_OPEN)
            read_port(s, i, &ports[count++]);
    return count;
}

int switch_one_port(struct audio_switch *s, int port, struct switch_port_counters *counters)
{
    int index = books_find(s, port, PORT_FREE);
    if (index < 0)
        return index;
    read_port(s, index, counters);
    return SWITCH_OK;
}
