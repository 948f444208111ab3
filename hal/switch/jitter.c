#include "jitter.h"

#include <limits.h>
#include <string.h>

#define MOST_DELAY 1600   /* 200 ms */
#define RESTART_AHEAD 2800 /* a packet this far ahead is a jump of the sender's timestamp */
#define RESTART_BEHIND -4000
#define HALF_TICK 80
#define WINDOW 100        /* packets looked at before delay is taken out: 2 s */
#define MARGIN 80         /* 10 ms more than the last late packet needed */
#define MOST_DROP 160     /* taken out at once: one packet */
#define IDLE_RESTART 8000 /* a second without packets: the next one begins anew */

void jitter_init(struct jitter *j, int base)
{
    j->base = base;
    jitter_reset(j);
}

void jitter_reset(struct jitter *j)
{
    int base = j->base;
    float jitter = j->jitter;
    memset(j, 0, sizeof *j);
    j->base = j->target = base;
    j->jitter = jitter;
    j->least_slack = INT_MAX;
}

static uint16_t *cell(struct jitter *j, uint32_t timestamp)
{
    return &j->cells[timestamp & (JITTER_CELLS - 1)];
}

static void restart(struct jitter *j, uint32_t timestamp, int to_tick)
{
    memset(j->cells, 0, sizeof j->cells);
    j->target = j->base;
    j->play_at = timestamp - (uint32_t)(j->target > to_tick ? j->target - to_tick : 0);
    j->is_running = true;
    j->least_slack = INT_MAX;
    j->packets = 0;
}

/* Play later: the late packet and those after it get room. */
static void delay_more(struct jitter *j, int late_by)
{
    int more = late_by + MARGIN;
    if (j->target + more > MOST_DELAY)
        more = MOST_DELAY - j->target;
    if (more <= 0)
        return;
    j->target += more;
    j->play_at -= (uint32_t)more;
    j->least_slack = INT_MAX;
    j->packets = 0;
}

/* Play sooner when a whole window of packets came earlier than needed. Waiting for the tick gives
 * half a tick of room on average; the jitter itself is spared because the worst packet of a window
 * is not the worst there will be. */
static void delay_less(struct jitter *j)
{
    int aim = j->base - HALF_TICK;
    if ((int)j->jitter > aim)
        aim = (int)j->jitter;
    int drop = j->least_slack - aim;
    if (drop > MARGIN) {
        if (drop > MOST_DROP)
            drop = MOST_DROP;
        for (int i = 0; i < drop; i++)
            *cell(j, j->play_at + (uint32_t)i) = JITTER_MISSING;
        j->play_at += (uint32_t)drop;
        j->target = j->target - drop > j->base ? j->target - drop : j->base;
    }
    j->least_slack = INT_MAX;
    j->packets = 0;
}

bool jitter_put(struct jitter *j, uint32_t timestamp, const uint8_t *octets, int count,
                int to_tick)
{
    int slack = (int32_t)(timestamp - j->play_at); /* a tick takes its block at once */
    if (!j->is_running || slack > RESTART_AHEAD || slack < RESTART_BEHIND) {
        restart(j, timestamp, to_tick);
        slack = (int32_t)(timestamp - j->play_at);
    }
    j->idle = 0;
    bool is_late = slack < 0;
    if (is_late)
        delay_more(j, -slack);
    else if (slack < j->least_slack)
        j->least_slack = slack;
    for (int i = 0; i < count; i++)
        if ((int32_t)(timestamp + (uint32_t)i - j->play_at) >= 0)
            *cell(j, timestamp + (uint32_t)i) = JITTER_PRESENT | octets[i];
    if (++j->packets >= WINDOW)
        delay_less(j);
    return !is_late;
}

int jitter_get(struct jitter *j, uint16_t *cells, int count)
{
    int present = 0;
    if (!j->is_running) {
        memset(cells, 0, (size_t)count * sizeof *cells);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        uint16_t *from = cell(j, j->play_at++);
        present += *from != JITTER_MISSING;
        cells[i] = *from;
        *from = JITTER_MISSING;
    }
    j->idle += count;
    if (j->idle > IDLE_RESTART)
        j->is_running = false;
    return present;
}
