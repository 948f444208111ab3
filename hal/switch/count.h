/* Counters with one writer (the audio thread) and any number of readers. */
#ifndef CALLBOX_COUNT_H
#define CALLBOX_COUNT_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t counter;

static inline uint64_t count_read(const counter *c)
{
    return atomic_load_explicit((counter *)c, memory_order_relaxed);
}

static inline void count_set(counter *c, uint64_t value)
{
    atomic_store_explicit(c, value, memory_order_relaxed);
}

static inline void count_add(counter *c, uint64_t more)
{
    count_set(c, count_read(c) + more);
}

struct port_counts {
    counter packets_in, packets_out, packets_lost, packets_late, packets_refused;
    counter concealed_samples;
    _Atomic float jitter_ms;
    _Atomic int32_t far_lost; /* these three by the party's reports, negative: none yet */
    _Atomic float far_jitter_ms, round_trip_ms;
};

#endif
