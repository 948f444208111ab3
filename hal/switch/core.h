/* The audio thread: one loop over epoll that forwards packets, ticks the mixer and obeys commands.
 *
 * Ticks come every 20 ms from a timer, or every 10 ms from the timeslot stream while it runs; a
 * stream that is silent for `stall_ns` or ends hands back to the timer. In one turn of the loop all
 * waiting packets are read first, so that a late turn finds them in place.
 * core.c: the loop and its clocks. commands.c: what the control side orders. media.c: packets.
 * reports.c: RTCP.
 * tick.c: one tick. The tick allocates nothing and takes no lock.
 */
#ifndef CALLBOX_CORE_H
#define CALLBOX_CORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "plan.h"
#include "port.h"
#include "ring.h"
#include "tdm.h"

#define COMMANDS 4096
#define EVENTS 2048

/* What epoll says is ready: below SWITCH_PORTS the RTP socket of that port, or one of these. */
#define ON_COMMAND (SWITCH_PORTS + 1)
#define ON_TIMER (SWITCH_PORTS + 2)
#define ON_TDM (SWITCH_PORTS + 3)
#define ON_RTCP (2 * SWITCH_PORTS) /* + the port */

enum command_kind {
    COMMAND_OPEN,
    COMMAND_CLOSE,
    COMMAND_SET_RTP,
    COMMAND_HEAR,
    COMMAND_UNHEAR,
    COMMAND_UNLOAD,
    COMMAND_PLAY,
    COMMAND_STOP_PLAYING,
    COMMAND_SEND_DIGITS,
    COMMAND_DETECT,
    COMMAND_CANCEL_ECHO,
    COMMAND_OPEN_TAP,
    COMMAND_MASK_TAP,
    COMMAND_CLOSE_TAP,
    COMMAND_ATTACH_TDM,
};

struct command {
    enum command_kind kind;
    int port, other; /* indexes */
    float gain;
    bool is_on;      /* loop, mask */
    void *object;    /* sound, tap, receivers, echo, coder, tdm_stream; NULL: none */
    union {
        struct {
            enum switch_port_kind kind;
            int32_t id;
            int slot, fd, rtcp_fd;
            char cname[RTCP_CNAME_OCTETS];
            uint32_t ssrc, timestamp;
            uint16_t sequence;
        } open;
        struct {
            struct leg_setting setting;
            bool is_coder_new; /* `object` takes the place of the coder there is */
            struct srtp *srtp_out, *srtp_in; /* NULL: as they are */
        } rtp;
        char digits[DIGITS_QUEUED];
    };
};

struct core {
    struct g711_tables g711;
    struct port ports[SWITCH_PORTS];
    struct plan plan;
    bool is_plan_stale;
    struct tdm tdm;
    struct ring commands, events;
    struct returned returned;
    int epoll_fd, timer_fd, command_fd, event_fd;
    bool has_news;          /* events were put in this turn */
    int tick_samples;       /* 160 by the timer, 80 by the stream */
    uint64_t due_ns;        /* of the next tick */
    uint64_t now_ns;        /* when this turn of the loop began */
    uint64_t wall_offset_ns; /* from that clock to the time of day, as it was at the start */
    uint64_t clock_samples; /* ticked so far */
    counter ticks, late_ticks, worst_tick_us, events_dropped, forwarded, tdm_running;
    _Atomic bool is_stopping;
    pthread_t thread;
    struct command command_memory[COMMANDS];
    struct switch_event event_memory[EVENTS];
};

uint64_t core_now_ns(void);
int core_init(struct core *c);  /* SWITCH_OK or SWITCH_SYSTEM */
void core_close(struct core *c);
void *core_run(void *core);     /* the thread */

void core_emit(struct core *c, struct port *p, struct switch_event *event);
void core_obey(struct core *c);                         /* all waiting commands */
void core_close_port(struct core *c, struct port *p);
void core_detach_tdm(struct core *c);
void media_readable(struct core *c, struct port *p);    /* read what waits on its socket */
void media_send(struct core *c, struct port *p, const int16_t *samples, int count);
void tick_run(struct core *c, int count);               /* one tick of so many samples */

#endif
