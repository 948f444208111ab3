/* The timeslot stream: aligned 10 ms blocks of 80 frames x 32 octets over a stream socket.
 *
 * Slot 0 goes out with the frame alignment signal of ITU-T G.704 clause 2.3.2, in even frames
 * x0011011 and in odd ones bit 2 set; unused slots carry A-law idle. Writing never waits: what the
 * socket does not take is counted, and a block that was begun is always ended, so the far end
 * stays aligned. Finding the alignment on the way in is the sender's work (hal/tdm).
 */
#ifndef CALLBOX_TDM_H
#define CALLBOX_TDM_H

#include <stdbool.h>
#include <stdint.h>

#include "count.h"
#include "object.h"

#define TDM_SLOTS 32
#define TDM_FRAMES 80
#define TDM_BLOCK (TDM_SLOTS * TDM_FRAMES)
#define TDM_FAS 0x9B
#define TDM_NFAS 0xDF

struct tdm_stream { /* made by the control side, closed there when given back */
    struct object object;
    int fd;
};

struct tdm {
    struct tdm_stream *stream; /* NULL: none attached */
    bool is_running;           /* it ticks the switch */
    uint64_t stall_ns;         /* silence after which it no longer ticks the switch */
    uint64_t last_ns;          /* arrival of the last block */
    uint8_t in[TDM_BLOCK];
    int in_octets;
    uint8_t out[TDM_BLOCK];    /* being built by the tick */
    uint8_t unsent[TDM_BLOCK]; /* rest of a block that was taken in part */
    int unsent_octets;
    counter unwritten;         /* octets dropped */
};

enum tdm_got { TDM_NOTHING, TDM_WHOLE_BLOCK, TDM_ENDED };

void tdm_attach(struct tdm *t, struct tdm_stream *stream);
struct tdm_stream *tdm_detach(struct tdm *t);
enum tdm_got tdm_read(struct tdm *t);           /* WHOLE_BLOCK: `in` is ready, call again after */
void tdm_begin_out(struct tdm *t);              /* idle in all slots, alignment in slot 0 */
void tdm_write(struct tdm *t);

#endif
