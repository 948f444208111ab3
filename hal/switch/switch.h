/* The switch as its control side sees it: what hal/switch/switch.py calls, and nothing else.
 *
 * One control thread calls all of these; one audio thread, started by switch_start(), does the
 * work. No call waits for the audio thread except switch_stop(). Calls return a port id (> 0),
 * SWITCH_OK or one of the negative codes. Everything below the "cffi" mark is read by build.py
 * as it stands, so it keeps to plain declarations.
 */
#ifndef CALLBOX_SWITCH_H
#define CALLBOX_SWITCH_H

#include <stdint.h>

/* cffi: begin */
enum switch_code {
    SWITCH_OK = 0,
    SWITCH_NO_PORT_LEFT = -1,  /* all 256 are open */
    SWITCH_NO_SUCH_PORT = -2,  /* never opened or already closed */
    SWITCH_WRONG_KIND = -3,    /* e.g. set_rtp on a timeslot */
    SWITCH_SLOT_TAKEN = -4,
    SWITCH_BAD_ADDRESS = -5,   /* not an IPv4 address of this machine */
    SWITCH_NO_MEMORY = -6,
    SWITCH_BUSY = -7,          /* the command ring is full */
    SWITCH_SYSTEM = -8,        /* a system call failed: errno */
};

enum switch_event_kind {
    EVENT_DIGIT,      /* a: the digit, b: enum switch_digit_how */
    EVENT_CALLER_ID,  /* a: enum switch_detect, octets: the message */
    EVENT_TONE,       /* a, b: Hz, c: ms */
    EVENT_PLAYED,     /* a: sound */
    EVENT_MEDIA_LOST, /* a: ms */
    EVENT_TDM,        /* a: 1 running, 0 stopped */
};

enum switch_digit_how { DIGIT_INBAND, DIGIT_RFC4733 };

enum switch_detect {
    DETECT_DTMF = 1,
    DETECT_CALLER_ID_V23 = 2,
    DETECT_CALLER_ID_BELL202 = 4,
    DETECT_CALLER_ID_DTMF = 8,
    DETECT_TONES = 16,
};

enum switch_port_kind { PORT_FREE, PORT_RTP, PORT_SLOT, PORT_PLAYER };

enum switch_codec { CODEC_PCMA, CODEC_PCMU, CODEC_G722, CODEC_OPUS };

struct switch_event {
    int32_t kind;
    int32_t port; /* port id, 0 when it is about the switch */
    int32_t a, b, c;
    uint32_t length;      /* of octets */
    uint8_t octets[256];
    uint64_t at_samples;  /* the switch's clock when it happened */
};

struct switch_rtp {
    const char *remote_ip;
    int remote_port;
    const char *rtcp_ip;   /* NULL: the port after remote_port */
    int rtcp_port;
    int codec;             /* enum switch_codec */
    int payload_type;
    int dtmf_payload_type; /* -1: none */
    int send, receive;
    int srtp_tag_octets;   /* 10 or 4; 0: plain RTP */
    const uint8_t *ours, *theirs; /* SRTP keys, 30 octets each */
};

struct switch_port_counters {
    int32_t port, kind;
    int32_t codec; /* enum switch_codec; -1: not set, or not RTP */
    int32_t is_encrypted;
    uint64_t packets_in, packets_out, packets_lost, packets_late, packets_refused;
    uint64_t concealed_samples;
    double jitter_ms, level_in_dbm0, level_out_dbm0, erle_db;
    int32_t far_lost; /* this and the next two, of the party's reports: negative if none came */
    double far_jitter_ms, round_trip_ms;
};

struct switch_counters {
    uint64_t ticks, late_ticks, worst_tick_us, events_dropped, commands_refused;
    uint64_t tdm_unwritten, packets_forwarded;
    int32_t tdm_running, is_realtime;
};

struct audio_switch;
struct sound;
struct tap;

struct audio_switch *switch_new(int echo_delay_ms, int tdm_stall_ms); /* NULL: errno says why */
int switch_start(struct audio_switch *s);
void switch_stop(struct audio_switch *s); /* ends the audio thread and waits for that */
void switch_free(struct audio_switch *s); /* closes and frees all; stops first if needed */

int switch_event_fd(struct audio_switch *s);
int switch_next_event(struct audio_switch *s, struct switch_event *event); /* 0: none */
void switch_collect(struct audio_switch *s); /* free what the audio thread gave back */

/* Orders normally wake the audio thread one by one. While gathered they wait until switch_wake():
 * a call that is set up in one go then costs one change of threads, not one for each order. */
void switch_gather(struct audio_switch *s, int is_on);
void switch_wake(struct audio_switch *s); /* does nothing if no order waits */

int switch_open_rtp(struct audio_switch *s, const char *local_ip, int *udp_port);
int switch_set_rtp(struct audio_switch *s, int port, const struct switch_rtp *to);
int switch_open_slot(struct audio_switch *s, int slot);
int switch_open_player(struct audio_switch *s);
int switch_close(struct audio_switch *s, int port);
int switch_hear(struct audio_switch *s, int listener, int source, double gain);
int switch_unhear(struct audio_switch *s, int listener, int source);

struct sound *switch_load(struct audio_switch *s, const uint8_t *alaw, uint32_t octets, int id);
int switch_unload(struct audio_switch *s, struct sound *sound);
int switch_play(struct audio_switch *s, int port, struct sound *sound, int loop, double gain);
int switch_stop_playing(struct audio_switch *s, int port);
int switch_send_digits(struct audio_switch *s, int port, const char *digits); /* up to 63 */
int switch_detect(struct audio_switch *s, int port, int what);
int switch_cancel_echo(struct audio_switch *s, int port, int on);

struct tap *switch_open_tap(struct audio_switch *s, int port, int *code);
int switch_read_tap(struct tap *tap, uint8_t *octets, int limit, uint64_t *offset);
int switch_mask_tap(struct audio_switch *s, struct tap *tap, int on);
int switch_close_tap(struct audio_switch *s, struct tap *tap);

int switch_attach_tdm(struct audio_switch *s, int fd); /* the descriptor is duplicated */
void switch_counters(struct audio_switch *s, struct switch_counters *counters);
int switch_port_counters(struct audio_switch *s, struct switch_port_counters *ports); /* [256] */
int switch_one_port(struct audio_switch *s, int port, struct switch_port_counters *counters);

/* Of sound files, without a switch: to `room` samples of 8 kHz; to A-law, cut off at full scale. */
int switch_resample(const double *samples, int count, int rate_hz, double *out, int room);
void switch_alaw(const double *samples, int count, uint8_t *alaw);
/* cffi: end */

#define SWITCH_PORTS 256

#endif
