/* Reports between an RTP port and its party: when, where to, and what they said (RFC 3550 clause 6).
 *
 * Every 5 s, give or take half (clause 6.2), from the first set_rtp on, held or not; BYE when the
 * port is closed. They go to the negotiated place; as soon as the party's own come, to where those
 * come from. Taken is only what comes from the party's address (with SRTP: what proves itself).
 * The clock in them never steps: the machine's monotonic one, with the time of day at the start
 * added, so that round trips are right on a box that learns the time late.
 *
 * What the party misses includes what never reached us: gaps are kept in what is forwarded. So the
 * numbers we left out are taken off before the party's loss is shown.
 * Tests: tests/hal/switch/test_rtcp.py.
 */
#ifndef CALLBOX_REPORTS_H
#define CALLBOX_REPORTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "rtcp.h"

struct core;
struct port;

struct reports {
    int fd;                    /* the odd socket beside the RTP one */
    char cname[RTCP_CNAME_OCTETS];
    uint32_t chance;           /* xorshift, never 0 */
    uint64_t due_ns;           /* 0: not set yet */
    bool has_source;
    struct sockaddr_in source; /* where the party's reports come from */
    uint32_t expected, received; /* at our last report */
    uint32_t last_sr;          /* of the party, as it goes into our blocks */
    uint64_t last_sr_ns;
};

void reports_init(struct reports *r, int fd, const char cname[RTCP_CNAME_OCTETS], uint32_t chance);
void reports_set(struct core *c, struct port *p);      /* the leg was set */
void reports_check(struct core *c, struct port *p);    /* send one if it is due */
void reports_end(struct core *c, struct port *p);      /* the last one, with BYE */
void reports_readable(struct core *c, struct port *p); /* read what waits on the socket */

#endif
