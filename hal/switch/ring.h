/* Lock-free ring between exactly one writer and one reader thread; records of one fixed size.
 *
 * The writer alone moves `head`, the reader alone moves `tail`; each is published with release
 * and seen with acquire order, so a record is whole before the other side can see it. The
 * memory is given by the owner (ring_bytes() says how much) and stays the owner's.
 * Capacity must be a power of two. A full ring refuses: the caller counts it.
 * Tests: hal/switch/tests/test_parts.c, under thread sanitizer hal/switch/tests/test_threads.c.
 */
#ifndef CALLBOX_RING_H
#define CALLBOX_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
    uint8_t *records;
    size_t record_octets;
    uint32_t capacity;    /* records, a power of two */
    _Atomic uint32_t head; /* records ever written */
    _Atomic uint32_t tail; /* records ever read */
};

static inline size_t ring_bytes(size_t record_octets, uint32_t capacity)
{
    return record_octets * capacity;
}

void ring_init(struct ring *r, void *memory, size_t record_octets, uint32_t capacity);
bool ring_put(struct ring *r, const void *record); /* false: full */
bool ring_get(struct ring *r, void *record);       /* false: empty */
uint32_t ring_used(const struct ring *r);          /* asked by the writer: at most so many */

#endif
