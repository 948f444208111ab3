/* The receivers that listen to one port: DTMF (ITU-T Q.24), caller identity (ETSI EN 300 659-1
 * by V.23 and by DTMF, Telcordia GR-30 by Bell 202), tone segments.
 *
 * Made and freed on the control side; runs on the audio thread without allocating. What is found
 * is given to `report` within receivers_process(). The modems and the DTMF receiver are
 * spandsp's. Caller identity is reported as the raw message after its checksum was found right;
 * callerid.py takes it apart. Tests: tests/hal/switch/test_receivers.py.
 */
#ifndef CALLBOX_RECEIVERS_H
#define CALLBOX_RECEIVERS_H

#include <spandsp.h>
#include <stdint.h>

#include "object.h"
#include "switch.h"
#include "tones.h"

typedef void (*receivers_report)(void *to, const struct switch_event *event);

struct receivers {
    struct object object;
    int what; /* enum switch_detect, or-ed */
    dtmf_rx_state_t *dtmf;
    adsi_rx_state_t *v23, *bell202, *dtmf_id;
    struct tones tones;
    receivers_report report; /* where to while processing */
    void *to;
};

struct receivers *receivers_new(int what); /* NULL: no memory */
void receivers_free(struct receivers *r);
void receivers_process(struct receivers *r, const int16_t *samples, int count,
                       receivers_report report, void *to);

#endif
