/* One RTP leg: what a packet from the party means, and how packets to it are numbered.
 *
 * Receiving: a packet is taken when it is whole RTP of a negotiated payload type (on a secure port:
 * whole SRTP of the party's key) and comes from the source the leg is locked to. The first valid
 * source after leg_set() is locked (symmetric RTP: it is also where we send from then on); a better
 * match takes the lock over, anything else is refused and changes nothing. Best is the negotiated
 * address and port, then the source known from before (a new leg_set() for the same remote does not
 * forget it), then another port of either address. A third address may become the source only
 * where none is known: a phone behind an address translation that is to speak first. After 5 s of
 * silence the lock is given up, but not to strangers if the party had proved its address: else
 * whoever guesses a port during a pause would be sent the call.
 *
 * Sending: one SSRC, one sequence and one timeline (RFC 3550 clause 5.1), whether packets are
 * made by the mixer every 20 ms, are telephone events (RFC 4733), or are forwarded from another
 * leg as they come; forwarded ones keep their gaps, so the party sees real loss as loss.
 *
 * No sockets in here: media.c carries the octets. Tests: test_leg.c, tests/hal/switch/test_rtp.py.
 */
#ifndef CALLBOX_LEG_H
#define CALLBOX_LEG_H

#include <netinet/in.h>
#include <spandsp.h>
#include <stdbool.h>
#include <stdint.h>

#include "coder.h"
#include "count.h"
#include "digits.h"
#include "g711.h"
#include "jitter.h"
#include "reception.h"
#include "rtp.h"
#include "srtp.h"

#define LEG_PACKET 160 /* samples in a packet we make: 20 ms */
#define LEG_MOST_OCTETS (RTP_HEADER + LEG_PACKET + SRTP_MOST_ADDED) /* in a packet we make */
#define LEG_SILENCE_NS 5000000000ull

struct leg_setting {
    struct sockaddr_in remote; /* port or address 0: nowhere to send */
    struct sockaddr_in rtcp;   /* the same, for reports */
    enum switch_codec codec;
    uint8_t payload_type; /* as negotiated: dynamic ones differ from party to party */
    int dtmf_payload_type; /* -1: none */
    bool send, receive;
    bool is_secure; /* only SRTP is sent and taken */
};

enum leg_lock { LOCK_NONE, LOCK_OTHER, LOCK_ADDRESS, LOCK_KNOWN, LOCK_EXACT };

enum leg_verdict { LEG_REFUSED, LEG_IGNORED, LEG_AUDIO, LEG_EVENT };

struct leg {
    int fd;
    bool is_set;
    struct leg_setting setting;
    struct coder *coder;              /* NULL: G.711 */
    struct srtp *srtp_out, *srtp_in; /* kept while plain, so that their numbers go on */
    /* receiving */
    enum leg_lock lock;
    struct sockaddr_in source; /* valid while locked */
    bool has_known;
    struct sockaddr_in known;  /* first source for this remote, or the best one after */
    struct reception reception;
    bool has_played;           /* this stream: there is something to conceal by */
    uint64_t heard_ns;         /* last valid packet, or when receiving was asked for */
    bool is_silence_told;
    bool has_event;
    uint32_t event_at;         /* timestamp of the last telephone event reported */
    uint16_t event_duration;
    uint8_t event_code;
    bool event_ended;
    struct jitter jitter;
    plc_state_t plc;
    /* sending */
    uint32_t ssrc;
    uint32_t sequence;   /* highest one sent, extended by turns */
    uint32_t first_sequence; /* the one before the first */
    uint32_t timestamp;  /* of the next packet made here, if it follows at once */
    bool has_sent;
    uint64_t sent_ns;
    uint32_t sent_timestamp; /* of what was sent then */
    uint32_t sent_octets;    /* of payload, ever (RFC 3550 clause 6.4.1) */
    bool is_mapped;      /* forwarding: the four below are valid */
    uint32_t mapped_ssrc;
    uint16_t mapped_from, sequence_offset;
    uint32_t timestamp_offset;
    uint32_t event_out_at; /* timestamp of the event being sent */
    int16_t collected[LEG_PACKET];
    int collected_samples;
};

void leg_init(struct leg *l, int fd, uint32_t ssrc, uint16_t sequence, uint32_t timestamp);
void leg_set(struct leg *l, const struct leg_setting *setting, uint64_t now_ns);

/* Take SRTP off, in place; false: refused. Sources that cannot become the party's are not looked
 * at; while nothing is received for now, numbers are still followed (RFC 3711 clause 3.3.1). */
bool leg_open(struct leg *l, uint8_t *octets, size_t *length, const struct sockaddr_in *from);

enum leg_verdict leg_receive(struct leg *l, struct port_counts *c, const struct rtp_packet *p,
                             const struct sockaddr_in *from, uint64_t now_ns);

/* Put SRTP on, in place, if that is asked for; the length to send, -1: not to be sent. */
int leg_seal(struct leg *l, uint8_t *octets, int length);

/* The digit that begins with this packet, 0 if none does (repeats, ends already reported). */
char leg_digit(struct leg *l, const struct rtp_packet *p);

/* True once per silence of 5 s or more. */
bool leg_went_silent(struct leg *l, uint64_t now_ns);

/* Put the audio of a packet where leg_pull() finds it. */
void leg_push(struct leg *l, struct port_counts *c, const struct rtp_packet *p, int samples_to_tick);
/* The next `count` samples, lost ones concealed. */
void leg_pull(struct leg *l, struct port_counts *c, const struct g711_tables *g, int16_t *in, int count);

/* Samples of a packet that no tick looks at, for its level: at most JITTER_MAX_PAYLOAD. */
int leg_glance(struct leg *l, const struct g711_tables *g, const struct rtp_packet *p,
               int16_t *samples);

/* RTP timestamp units: in a millisecond, in a packet we make. */
static inline int leg_clock_khz(const struct leg *l)
{
    return l->setting.codec == CODEC_OPUS ? 8 * OPUS_CLOCK_RATIO : 8;
}

static inline uint32_t leg_packet_ticks(const struct leg *l)
{
    return (uint32_t)leg_clock_khz(l) * 20;
}

bool leg_can_send(const struct leg *l);
const struct sockaddr_in *leg_destination(const struct leg *l);

/* Renumber a packet from another leg as ours; false: too old to be put in order. */
bool leg_renumber(struct leg *l, struct rtp_packet *p, uint64_t now_ns);

/* Make our next packet in `octets` (LEG_MOST_OCTETS of them) from 160 samples, or the next telephone
 * event while digits are pending. Returns its length, 0 if there is none. */
int leg_make(struct leg *l, const struct g711_tables *g, struct digits *d, const int16_t *samples,
             uint8_t *octets, uint64_t now_ns);

#endif
