#define _GNU_SOURCE
#include "reports.h"

#include <string.h>
#include <sys/socket.h>

#include "core.h"

#define INTERVAL_NS 5000000000ull
#define COMPENSATION 1.21828 /* e - 3/2, clause 6.3.1 */
#define FRESH_NS 10000000000ull /* two intervals: who was heard or sent within them is active */
#define REPORTS_AT_ONCE 4
#define REPORT_OCTETS 1500
#define LONGEST_ROUND_TRIP (60 << 16)

void reports_init(struct reports *r, int fd, const char cname[RTCP_CNAME_OCTETS], uint32_t chance)
{
    *r = (struct reports){.fd = fd, .chance = chance | 1};
    memcpy(r->cname, cname, RTCP_CNAME_OCTETS);
}

static uint64_t ntp_time(const struct core *c)
{
    uint64_t ns = core_now_ns() + c->wall_offset_ns;
    uint64_t fraction = ((ns % 1000000000) << 32) / 1000000000;
    return (ns / 1000000000 + 2208988800ull) << 32 | fraction; /* from 1900 on, RFC 5905 clause 6 */
}

static uint64_t next_due(struct reports *r, uint64_t now_ns, double share)
{
    r->chance ^= r->chance << 13;
    r->chance ^= r->chance >> 17;
    r->chance ^= r->chance << 5;
    double spread = 0.5 + (double)r->chance / 4294967296.0;
    return now_ns + (uint64_t)(share * spread * (double)INTERVAL_NS / COMPENSATION);
}

void reports_set(struct core *c, struct port *p)
{
    p->reports.has_source = false;
    if (p->reports.due_ns == 0)
        p->reports.due_ns = next_due(&p->reports, c->now_ns, 0.5); /* the first: half, clause 6.2 */
}

/* Where the party takes reports; false: nowhere. */
static bool destination(const struct port *p, struct sockaddr_in *to)
{
    const struct leg *l = &p->leg;
    bool is_elsewhere = l->lock != LOCK_NONE && l->lock != LOCK_EXACT;
    *to = l->setting.rtcp;
    if (p->reports.has_source) {
        *to = p->reports.source;
    } else if (is_elsewhere) { /* behind an address translation: the best guess */
        *to = l->source;
        to->sin_port = htons((uint16_t)(ntohs(l->source.sin_port) + 1));
    }
    return l->is_set && to->sin_port != 0 && to->sin_addr.s_addr != INADDR_ANY;
}

static uint8_t fraction(int32_t lost, uint32_t expected)
{
    uint64_t of_256 = ((uint64_t)lost << 8) / expected;
    return of_256 > 255 ? 255 : (uint8_t)of_256;
}

static struct rtcp_block make_block(struct reports *r, const struct reception *heard,
                                    uint64_t now_ns)
{
    uint32_t expected = reception_expected(heard);
    int32_t lost = (int32_t)(expected - heard->received);
    uint32_t expected_now = expected - r->expected;
    int32_t lost_now = (int32_t)(expected_now - (heard->received - r->received));
    bool has_lost = (int32_t)expected_now > 0 && lost_now > 0; /* appendix A.3 */
    r->expected = expected;
    r->received = heard->received;
    return (struct rtcp_block){
        .ssrc = heard->ssrc,
        .fraction = has_lost ? fraction(lost_now, expected_now) : 0,
        .lost = lost,
        .newest = heard->newest - 0x10000, /* turns from 0 on */
        .jitter = (uint32_t)heard->jitter,
        .last_sr = r->last_sr,
        .since_sr = r->last_sr ? (uint32_t)((now_ns - r->last_sr_ns) * 65536 / 1000000000) : 0,
    };
}

static struct rtcp_report make_report(struct core *c, struct port *p)
{
    struct leg *l = &p->leg;
    uint64_t now_ns = core_now_ns(), ago_ns = now_ns - l->sent_ns;
    bool is_heard = l->reception.is_begun && now_ns - l->heard_ns < FRESH_NS;
    struct rtcp_report made = {
        .ssrc = l->ssrc,
        .is_sender = l->has_sent && ago_ns < FRESH_NS,
        .ntp = ntp_time(c),
        .timestamp = l->sent_timestamp + (uint32_t)(ago_ns * (uint64_t)leg_clock_khz(l) / 1000000),
        .packets = (uint32_t)count_read(&p->counts.packets_out),
        .octets = l->sent_octets,
        .has_block = is_heard,
    };
    if (is_heard)
        made.block = make_block(&p->reports, &l->reception, now_ns);
    return made;
}

static void send_report(struct core *c, struct port *p, bool is_bye)
{
    uint8_t octets[RTCP_MOST_OCTETS + SRTP_MOST_ADDED];
    struct sockaddr_in to;
    if (!destination(p, &to))
        return;
    struct rtcp_report report = make_report(c, p);
    int length = rtcp_write(octets, &report, p->reports.cname, is_bye);
    if (p->leg.setting.is_secure)
        length = srtcp_protect(p->leg.srtp_out, octets, length);
    if (length > 0) /* a report that is not taken is only missed; the next one says it all */
        (void)sendto(p->reports.fd, octets, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL,
                     (const struct sockaddr *)&to, sizeof to);
}

void reports_check(struct core *c, struct port *p)
{
    if (p->reports.due_ns == 0 || c->now_ns < p->reports.due_ns)
        return;
    p->reports.due_ns = next_due(&p->reports, c->now_ns, 1);
    send_report(c, p, false);
}

void reports_end(struct core *c, struct port *p)
{
    if (p->leg.has_sent) /* clause 6.3.7: who never sent anything says nothing now */
        send_report(c, p, true);
}

/* Numbers that were given to nothing: gaps in what was forwarded, packets that were not sent. */
static int64_t left_out(const struct port *p)
{
    int64_t numbers = (int64_t)(p->leg.sequence - p->leg.first_sequence);
    return numbers - (int64_t)count_read(&p->counts.packets_out);
}

static void note_block(struct core *c, struct port *p, const struct rtcp_block *b)
{
    int64_t missed = b->lost - (left_out(p) > 0 ? left_out(p) : 0);
    float jitter_ms = (float)b->jitter / (float)leg_clock_khz(&p->leg);
    atomic_store_explicit(&p->counts.far_lost, missed > 0 ? (int32_t)missed : 0,
                          memory_order_relaxed);
    atomic_store_explicit(&p->counts.far_jitter_ms, jitter_ms, memory_order_relaxed);
    if (p->leg.setting.codec == CODEC_OPUS)
        opus_port_expect_loss(&p->leg.coder->opus, b->fraction * 100 / 256);
    int32_t trip = (int32_t)((uint32_t)(ntp_time(c) >> 16) - b->last_sr - b->since_sr);
    if (b->last_sr == 0 || trip > LONGEST_ROUND_TRIP || trip < -LONGEST_ROUND_TRIP)
        return; /* not of an SR of ours */
    float ms = trip > 0 ? (float)trip * 1000 / 65536 : 0; /* rounding may take it below 0 */
    atomic_store_explicit(&p->counts.round_trip_ms, ms, memory_order_relaxed);
}

static bool is_from_party(const struct leg *l, const struct sockaddr_in *from)
{
    in_addr_t address = from->sin_addr.s_addr;
    return l->is_set && (address == l->setting.remote.sin_addr.s_addr ||
                         address == l->setting.rtcp.sin_addr.s_addr ||
                         (l->lock != LOCK_NONE && address == l->source.sin_addr.s_addr));
}

static void take_report(struct core *c, struct port *p, uint8_t *octets, int length,
                        const struct sockaddr_in *from)
{
    struct leg *l = &p->leg;
    struct rtcp_report heard;
    if (is_from_party(l, from) && l->setting.is_secure)
        length = srtcp_unprotect(l->srtp_in, octets, length);
    if (!is_from_party(l, from) || !rtcp_read(octets, length, l->ssrc, &heard)) {
        count_add(&p->counts.packets_refused, 1);
        return;
    }
    p->reports.has_source = true;
    p->reports.source = *from;
    if (heard.is_sender) {
        p->reports.last_sr = (uint32_t)(heard.ntp >> 16);
        p->reports.last_sr_ns = core_now_ns();
    }
    if (heard.has_block)
        note_block(c, p, &heard.block);
}

void reports_readable(struct core *c, struct port *p)
{
    uint8_t octets[REPORT_OCTETS];
    struct sockaddr_in from;
    for (int i = 0; i < REPORTS_AT_ONCE && p->kind == PORT_RTP; i++) {
        socklen_t size = sizeof from;
        ssize_t got = recvfrom(p->reports.fd, octets, sizeof octets, MSG_DONTWAIT,
                               (struct sockaddr *)&from, &size);
        if (got < 0)
            return;
        take_report(c, p, octets, (int)got, &from);
    }
}
