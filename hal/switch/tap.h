/* Tap: what a party says (channel 0) and hears (channel 1), interleaved A-law, kept for 30 s.
 *
 * The audio thread writes one pair per sample of the tick clock, whatever arrives or not, so the
 * stream offset is time: 16 000 octets a second. One reader on another thread copies straight
 * from the ring. When it is more than 30 s behind, the oldest audio is overwritten and the offset
 * it gets jumps. A reader that was overtaken while copying notices and copies again.
 * Tests: hal/switch/tests/test_parts.c, test_threads.c.
 */
#ifndef CALLBOX_TAP_H
#define CALLBOX_TAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "g711.h"
#include "object.h"

#define TAP_OCTETS 480000   /* 30 s */
#define TAP_MARGIN 6400     /* kept clear before the writer: 400 ms, many times its step */

struct tap {
    struct object object;
    struct tap *next_on_port;
    int port;               /* index of the tapped port, -1 once that is closed */
    bool is_masked;
    _Atomic uint64_t written; /* octets ever written; the writer's */
    uint64_t read;            /* stream offset of the next octet to read; the reader's */
    uint8_t ring[TAP_OCTETS];
};

void tap_init(struct tap *t);
void tap_write(struct tap *t, const struct g711_tables *g, const int16_t *said, const int16_t *heard,
               int count);

/* Copy up to `limit` octets (whole pairs); returns how many, *offset the first one's place. */
int tap_read(struct tap *t, uint8_t *octets, int limit, uint64_t *offset);

#endif
