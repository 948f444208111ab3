/* A port: one party's audio in and out of the switch, as the audio thread keeps it.
 *
 * `in` is what comes from the party (for a player: what it plays), `out` what the party hears;
 * both are one tick long. `hears` is the whole model of who hears whom. The fields under "plan"
 * are derived from it by plan_make().
 */
#ifndef CALLBOX_PORT_H
#define CALLBOX_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "count.h"
#include "digits.h"
#include "echo.h"
#include "leg.h"
#include "level.h"
#include "object.h"
#include "receivers.h"
#include "reports.h"
#include "sound.h"
#include "switch.h"
#include "tap.h"

#define BLOCK 160 /* samples in the longest tick */

struct hearing {
    uint16_t source; /* index of a port */
    float gain;      /* 1: as it is */
};

struct port {
    struct object object; /* goes back when the port was closed */
    enum switch_port_kind kind;
    int index;
    int32_t id;
    int slot; /* of a timeslot port */
    struct leg leg;
    struct reports reports;
    struct hearing hears[SWITCH_PORTS];
    int hears_count;
    struct player player;
    struct digits digits;
    struct receivers *receivers; /* NULL: none */
    struct echo *echo;           /* NULL: none; read by the control side under `counts` only */
    struct tap *taps;            /* list by next_on_port */
    /* plan */
    int forward_to;  /* index of the only listener, -1: not forwarding */
    bool wants_in;   /* `in` is needed every tick */
    bool wants_out;  /* `out` is needed every tick */
    /* audio of this tick */
    int16_t in[BLOCK], out[BLOCK];
    struct port_counts counts;
    struct level level_in, level_out;
    _Atomic float echo_before, echo_after;
};

#endif
