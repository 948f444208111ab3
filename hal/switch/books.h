/* The control side's books: which ports are open, and everything lent to the audio thread.
 *
 * Only the control thread touches them. An entry is OPEN from the order to open it until the order
 * to close it, then CLOSING until the audio thread has given the port back; ids carry the use
 * of the index, so that an id of yesterday is refused.
 */
#ifndef CALLBOX_BOOKS_H
#define CALLBOX_BOOKS_H

#include "core.h"

enum entry_state { ENTRY_FREE, ENTRY_OPEN, ENTRY_CLOSING };

struct srtp_key {
    int tag_octets; /* 0: none yet */
    uint8_t octets[SRTP_KEY_OCTETS];
};

struct entry {
    enum entry_state state;
    enum switch_port_kind kind;
    int32_t generation; /* counts the uses of this index, so that old ids are refused */
    int slot, fd, rtcp_fd;
    bool is_set;             /* an RTP port was told where to send */
    enum switch_codec codec; /* by the last order */
    bool is_secure;
    struct srtp_key ours, theirs;
};

struct audio_switch {
    struct core core;
    bool is_started, is_realtime;
    bool is_gathering; /* orders wait for switch_wake() */
    bool has_orders;   /* given, and the audio thread not woken for them */
    int echo_delay_ms;
    struct entry entries[SWITCH_PORTS];
    int slot_owner[TDM_SLOTS]; /* index + 1 of the port of a slot, 0: none */
    struct object *lent;
    uint64_t commands_refused;
};

void books_lend(struct audio_switch *s, struct object *o);
void books_free(struct audio_switch *s, struct object *o); /* of one that came back */

/* Give an order to the audio thread: SWITCH_OK, SWITCH_BUSY (not given) or SWITCH_SYSTEM. */
int books_order(struct audio_switch *s, const struct command *o);
/* The same with something lent, which is freed if the order could not be given. */
int books_order_lent(struct audio_switch *s, const struct command *o);

/* The index of an open port of `kind` (PORT_FREE: any), or a code. */
int books_find(const struct audio_switch *s, int port, enum switch_port_kind kind);

#endif
