/* The plan: which ports the tick has to work on, and which pairs forward packet by packet.
 *
 * Two RTP ports forward when both are set with the same codec, hear only each other at 0 dB, and
 * nothing plays, is dialled, is listened for in band, or is echo-cancelled on either. Taps and
 * other listeners do not matter: for them the tick works on a copy.
 * Made anew after every command that can change it. Tests: hal/switch/tests/test_core.c.
 */
#ifndef CALLBOX_PLAN_H
#define CALLBOX_PLAN_H

#include "port.h"

struct plan {
    uint16_t open[SWITCH_PORTS]; /* indexes of ports in use, ascending */
    int open_count;
};

/* A port was opened; good enough until the plan is made anew. */
void plan_add(struct plan *plan, struct port *ports, int index);
void plan_make(struct plan *plan, struct port *ports);

#endif
