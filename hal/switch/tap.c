#include "tap.h"

#include <string.h>

void tap_init(struct tap *t)
{
    t->next_on_port = NULL;
    t->port = -1;
    t->is_masked = false;
    atomic_init(&t->written, 0);
    t->read = 0;
}

void tap_write(struct tap *t, const struct g711_tables *g, const int16_t *said, const int16_t *heard,
               int count)
{
    uint64_t written = atomic_load_explicit(&t->written, memory_order_relaxed);
    uint32_t place = (uint32_t)(written % TAP_OCTETS);
    for (int i = 0; i < count; i++) {
        t->ring[place] = t->is_masked ? ALAW_SILENCE : g711_alaw(g, said[i]);
        t->ring[place + 1] = t->is_masked ? ALAW_SILENCE : g711_alaw(g, heard[i]);
        place += 2;
        if (place == TAP_OCTETS)
            place = 0;
    }
    atomic_store_explicit(&t->written, written + 2 * (uint64_t)count, memory_order_release);
}

/* True if the octets from `t->read` on may have been overwritten; then moves it forward. */
static bool was_overtaken(struct tap *t, uint64_t written)
{
    if (written - t->read <= TAP_OCTETS - TAP_MARGIN)
        return false;
    t->read = written - (TAP_OCTETS - 2 * TAP_MARGIN);
    return true;
}

int tap_read(struct tap *t, uint8_t *octets, int limit, uint64_t *offset)
{
    uint64_t length;
    do {
        uint64_t written = atomic_load_explicit(&t->written, memory_order_acquire);
        was_overtaken(t, written);
        length = written - t->read;
        if (length > (uint64_t)limit)
            length = (uint64_t)limit & ~1ull;
        uint64_t place = t->read % TAP_OCTETS;
        uint64_t first = TAP_OCTETS - place < length ? TAP_OCTETS - place : length;
        memcpy(octets, t->ring + place, first);
        memcpy(octets + first, t->ring, length - first);
        atomic_thread_fence(memory_order_acquire);
    } while (was_overtaken(t, atomic_load_explicit(&t->written, memory_order_relaxed)));
    *offset = t->read;
    t->read += length;
    return (int)length;
}
