#include "ring.h"

#include <string.h>

void ring_init(struct ring *r, void *memory, size_t record_octets, uint32_t capacity)
{
    r->records = memory;
    r->record_octets = record_octets;
    r->capacity = capacity;
    atomic_init(&r->head, 0);
    atomic_init(&r->tail, 0);
}

static uint8_t *at(const struct ring *r, uint32_t number)
{
    return r->records + (size_t)(number & (r->capacity - 1)) * r->record_octets;
}

bool ring_put(struct ring *r, const void *record)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    if (head - atomic_load_explicit(&r->tail, memory_order_acquire) >= r->capacity)
        return false;
    memcpy(at(r, head), record, r->record_octets);
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
    return true;
}

uint32_t ring_used(const struct ring *r)
{
    return atomic_load_explicit(&r->head, memory_order_relaxed) -
           atomic_load_explicit(&r->tail, memory_order_relaxed);
}

bool ring_get(struct ring *r, void *record)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    if (tail == atomic_load_explicit(&r->head, memory_order_acquire))
        return false;
    memcpy(record, at(r, tail), r->record_octets);
    atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
    return true;
}
