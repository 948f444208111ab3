/* Packets in and out of RTP ports (core.h): reading, forwarding on arrival, sending. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/socket.h>

#include "core.h"

#define PACKETS_AT_ONCE 8
#define PACKET_OCTETS 1500
#define PACKET_ROOM (PACKET_OCTETS + SRTP_MOST_ADDED)

static void send_packet(struct port *p, uint8_t *octets, int length)
{
    length = leg_seal(&p->leg, octets, length);
    const struct sockaddr_in *to = leg_destination(&p->leg);
    if (length > 0 &&
        sendto(p->leg.fd, octets, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL,
               (const struct sockaddr *)to, sizeof *to) == length)
        count_add(&p->counts.packets_out, 1);
}

/* Send a packet of `from` on to its peer, as it is but for the header. */
static void forward(struct core *c, const struct port *from, struct rtp_packet packet)
{
    struct port *to = &c->ports[from->forward_to];
    if (!leg_can_send(&to->leg))
        return;
    if (packet.payload_type == from->leg.setting.dtmf_payload_type) {
        if (to->leg.setting.dtmf_payload_type < 0)
            return;
        packet.payload_type = (uint8_t)to->leg.setting.dtmf_payload_type;
    } else {
        packet.payload_type = to->leg.setting.payload_type;
    }
    if (!leg_renumber(&to->leg, &packet, c->now_ns))
        return;
    uint8_t *octets = packet.payload - RTP_HEADER;
    rtp_header(octets, &packet);
    send_packet(to, octets, RTP_HEADER + packet.payload_octets);
    count_add(&c->forwarded, 1);
}

static void report_digit(struct core *c, struct port *p, const struct rtp_packet *packet)
{
    char digit = leg_digit(&p->leg, packet);
    if (digit)
        core_emit(c, p,
                  &(struct switch_event){.kind = EVENT_DIGIT, .a = digit, .b = DIGIT_RFC4733});
}

/* Level of a forwarded packet that no tick looks at. */
static void meter(struct core *c, struct port *p, const struct rtp_packet *packet)
{
    int16_t samples[JITTER_MAX_PAYLOAD];
    int count = leg_glance(&p->leg, &c->g711, packet, samples);
    if (count == 0)
        return;
    level_add(&p->level_in, samples, count);
    if (p->forward_to >= 0 && !c->ports[p->forward_to].wants_out)
        level_add(&c->ports[p->forward_to].level_out, samples, count);
}

static int samples_to_tick(const struct core *c)
{
    if (c->due_ns <= c->now_ns)
        return 0;
    uint64_t samples = (c->due_ns - c->now_ns) / 125000;
    return samples > BLOCK ? BLOCK : (int)samples;
}

static void take_packet(struct core *c, struct port *p, uint8_t *octets, size_t length,
                        const struct sockaddr_in *from)
{
    struct rtp_packet packet;
    if (!leg_open(&p->leg, octets, &length, from) || !rtp_parse(octets, length, &packet)) {
        count_add(&p->counts.packets_refused, 1);
        return;
    }
    enum leg_verdict verdict = leg_receive(&p->leg, &p->counts, &packet, from, c->now_ns);
    if (verdict != LEG_AUDIO && verdict != LEG_EVENT)
        return;
    if (verdict == LEG_EVENT)
        report_digit(c, p, &packet);
    else if (p->wants_in)
        leg_push(&p->leg, &p->counts, &packet, samples_to_tick(c));
    else
        meter(c, p, &packet);
    if (p->forward_to >= 0)
        forward(c, p, packet);
}

void media_readable(struct core *c, struct port *p)
{
    uint8_t octets[PACKETS_AT_ONCE][PACKET_ROOM];
    struct sockaddr_in from[PACKETS_AT_ONCE];
    struct iovec io[PACKETS_AT_ONCE];
    struct mmsghdr messages[PACKETS_AT_ONCE];
    if (p->kind != PORT_RTP)
        return;
    for (int i = 0; i < PACKETS_AT_ONCE; i++) {
        io[i] = (struct iovec){octets[i], PACKET_OCTETS};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                              .msg_namelen = sizeof from[i],
                                              .msg_iov = &io[i],
                                              .msg_iovlen = 1};
    }
    int got = recvmmsg(p->leg.fd, messages, PACKETS_AT_ONCE, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++)
        take_packet(c, p, octets[i], messages[i].msg_len, &from[i]);
}

void media_send(struct core *c, struct port *p, const int16_t *samples, int count)
{
    struct leg *l = &p->leg;
    uint8_t octets[LEG_MOST_OCTETS];
    while (count > 0) {
        int room = LEG_PACKET - l->collected_samples;
        int step = count < room ? count : room;
        memcpy(l->collected + l->collected_samples, samples, (size_t)step * sizeof *samples);
        l->collected_samples += step;
        samples += step;
        count -= step;
        if (l->collected_samples < LEG_PACKET)
            return;
        l->collected_samples = 0;
        if (leg_can_send(l)) {
            int length = leg_make(l, &c->g711, &p->digits, l->collected, octets, c->now_ns);
            if (length > 0)
                send_packet(p, octets, length);
        } else if (digits_pending(&p->digits) && l->setting.dtmf_payload_type >= 0) {
            digits_advance(&p->digits, LEG_PACKET); /* to nobody, but in time */
        }
    }
}
