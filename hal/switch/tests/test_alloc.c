/* The audio thread allocates nothing: every allocation in this program is counted by thread while
 * packets of all codecs, secured and plain, are mixed, forwarded, tapped and reported.
 * Built without sanitizers, which allocate themselves. Run by tests/hal/switch/test_c.py. */
#include <arpa/inet.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "rtp.h"
#include "srtp.h"
#include "switch.h"

#define PAIRS 5
#define PACKETS 60

static _Thread_local bool is_main;
static atomic_int elsewhere;

void *__libc_malloc(size_t octets);
void *__libc_calloc(size_t count, size_t octets);
void *__libc_realloc(void *old, size_t octets);

static void note(void)
{
    if (!is_main)
        atomic_fetch_add(&elsewhere, 1);
}

void *malloc(size_t octets)
{
    note();
    return __libc_malloc(octets);
}

void *calloc(size_t count, size_t octets)
{
    note();
    return __libc_calloc(count, octets);
}

void *realloc(void *old, size_t octets)
{
    note();
    return __libc_realloc(old, octets);
}

static const int PAYLOAD_TYPES[] = {8, 0, 9, 107};

struct end {
    int port, fd, codec;
    bool is_secure;
    struct srtp srtp;
};

static void open_end(struct audio_switch *s, struct end *e, int codec, bool is_secure)
{
    static const uint8_t ours[30] = {1}, theirs[30] = {2};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int udp;
    e->codec = codec;
    e->is_secure = is_secure;
    srtp_init(&e->srtp, theirs, 10);
    e->port = switch_open_rtp(s, "127.0.0.1", &udp);
    e->fd = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(e->port > 0 && bind(e->fd, (struct sockaddr *)&at, sizeof at) == 0);
    CHECK(getsockname(e->fd, (struct sockaddr *)&at, &length) == 0);
    struct switch_rtp to = {
        .remote_ip = "127.0.0.1", .remote_port = ntohs(at.sin_port), .codec = codec,
        .payload_type = PAYLOAD_TYPES[codec], .dtmf_payload_type = 101, .send = 1, .receive = 1,
        .srtp_tag_octets = is_secure ? 10 : 0, .ours = ours, .theirs = theirs};
    CHECK(switch_set_rtp(s, e->port, &to) == SWITCH_OK);
    at.sin_port = htons((uint16_t)udp);
    CHECK(connect(e->fd, (struct sockaddr *)&at, sizeof at) == 0);
}

static void say(struct end *e, uint32_t number)
{
    uint8_t octets[RTP_HEADER + 160 + SRTP_MOST_ADDED];
    int length = RTP_HEADER + (e->codec == CODEC_OPUS ? 60 : 160);
    struct rtp_packet p = {.payload_type = (uint8_t)PAYLOAD_TYPES[e->codec],
                           .sequence = (uint16_t)number, .ssrc = (uint32_t)e->port,
                           .timestamp = number * (e->codec == CODEC_OPUS ? 960 : 160)};
    memset(octets, (int)number, sizeof octets);
    rtp_header(octets, &p);
    octets[RTP_HEADER] = e->codec == CODEC_OPUS ? 0x48 : 1; /* SILK wideband, 20 ms */
    if (e->is_secure)
        length = srtp_protect(&e->srtp, octets, length, number);
    if (number % 10 != 5) /* and some lost, for concealment */
        CHECK(send(e->fd, octets, (size_t)length, 0) == length);
}

int main(void)
{
    static struct end ends[PAIRS][2];
    int code;
    is_main = true;
    struct audio_switch *s = switch_new(0, 30);
    CHECK(s && switch_start(s) == SWITCH_OK);
    usleep(50000); /* the thread's own beginnings */
    atomic_store(&elsewhere, 0);
    for (int i = 0; i < PAIRS; i++) { /* 0-3: one codec each, forwarded; 4: Opus to G.722, mixed */
        open_end(s, &ends[i][0], i < 4 ? i : CODEC_OPUS, i % 2);
        open_end(s, &ends[i][1], i < 4 ? i : CODEC_G722, true);
        switch_hear(s, ends[i][0].port, ends[i][1].port, 1);
        switch_hear(s, ends[i][1].port, ends[i][0].port, 1);
        CHECK(switch_open_tap(s, ends[i][0].port, &code));
    }
    for (uint32_t number = 1; number < PACKETS; number++) {
        for (int i = 0; i < PAIRS; i++) {
            say(&ends[i][0], number);
            say(&ends[i][1], number);
        }
        if (number == 40)
            switch_send_digits(s, ends[4][0].port, "12");
        usleep(20000);
    }
    for (int i = 0; i < PAIRS; i++) {
        struct switch_port_counters counters;
        CHECK(switch_one_port(s, ends[i][0].port, &counters) == SWITCH_OK);
        CHECK(counters.packets_in > PACKETS / 2 && counters.packets_out > PACKETS / 2);
        CHECK(switch_close(s, ends[i][0].port) == SWITCH_OK); /* says BYE */
        close(ends[i][0].fd);
        close(ends[i][1].fd);
    }
    usleep(50000);
    CHECK(atomic_load(&elsewhere) == 0);
    switch_free(s);
    puts("ok");
    return 0;
}
