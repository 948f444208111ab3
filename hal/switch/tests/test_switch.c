/* The whole switch through switch.h, with its audio thread and real sockets: built once with
 * address sanitizer (leaks, use after return) and once with thread sanitizer (races).
 * Run by tests/hal/switch/test_c.py. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "switch.h"

#define ROUNDS 40
#define ALL_RECEIVERS 31

static uint8_t octets[480000];

static void set(struct audio_switch *s, int port, int udp_port, int number)
{
    static const int payload_types[] = {8, 0, 9, 107};
    uint8_t ours[30] = {(uint8_t)(number / 3)}, theirs[30] = {1};
    struct switch_rtp to = {
        .remote_ip = "127.0.0.1", .remote_port = udp_port, .codec = number % 4,
        .payload_type = payload_types[number % 4], .dtmf_payload_type = 101, .send = 1,
        .receive = 1, .srtp_tag_octets = number % 5 == 4 ? 10 : 0, .ours = ours, .theirs = theirs};
    CHECK(switch_set_rtp(s, port, &to) == SWITCH_OK);
}

static int phone(struct audio_switch *s, int udp_port, int port, int number)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&at, &length) == 0);
    set(s, port, ntohs(at.sin_port), number);
    at.sin_port = htons((uint16_t)udp_port);
    CHECK(connect(fd, (struct sockaddr *)&at, sizeof at) == 0);
    return fd;
}

/* Junk and a report for the socket beside. */
static void report(int udp_port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)(udp_port + 1))};
    uint8_t compound[28] = {0x80, 200, 0, 6, 0, 0, 0, 5};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    sendto(fd, compound, sizeof compound, 0, (struct sockaddr *)&to, sizeof to);
    sendto(fd, compound, 9, 0, (struct sockaddr *)&to, sizeof to);
    close(fd);
}

static void talk(int fd, int number, int payload_type)
{
    uint8_t packet[172] = {0x80, (uint8_t)payload_type, (uint8_t)(number >> 8), (uint8_t)number};
    int at = number * 160;
    for (int i = 0; i < 4; i++)
        packet[4 + i] = (uint8_t)(at >> (24 - 8 * i));
    memset(packet + 12, number, 160);
    CHECK(send(fd, packet, sizeof packet, 0) == sizeof packet);
}

static void read_all_events(struct audio_switch *s)
{
    struct switch_event event;
    while (switch_next_event(s, &event))
        ;
    switch_collect(s);
}

/* Everything at once on a few ports, then all of it closed in an awkward order. */
static void one_round(struct audio_switch *s, int round)
{
    int udp[2], rtp[2], fd[2], code;
    for (int i = 0; i < 2; i++) {
        rtp[i] = switch_open_rtp(s, "127.0.0.1", &udp[i]);
        CHECK(rtp[i] > 0);
        fd[i] = phone(s, udp[i], rtp[i], round + i * (round / 4));
    }
    int line = switch_open_slot(s, 1 + round % 31), music = switch_open_player(s);
    CHECK(line > 0 && music > 0);
    switch_hear(s, rtp[0], rtp[1], 1);
    switch_hear(s, rtp[1], rtp[0], 1);
    switch_hear(s, line, rtp[0], 0.5);
    switch_hear(s, rtp[round % 2], music, 1);
    struct sound *sound = switch_load(s, octets, 4000, round);
    struct tap *tap = switch_open_tap(s, rtp[0], &code);
    CHECK(sound && tap && code == SWITCH_OK);
    CHECK(switch_play(s, music, sound, 1, 0.5) == SWITCH_OK);
    CHECK(switch_play(s, line, sound, 0, 1) == SWITCH_OK);
    CHECK(switch_unload(s, sound) == SWITCH_OK);
    CHECK(switch_detect(s, line, ALL_RECEIVERS) == SWITCH_OK);
    CHECK(switch_detect(s, line, round % 32) == SWITCH_OK);
    CHECK(switch_cancel_echo(s, line, 1) == SWITCH_OK);
    CHECK(switch_cancel_echo(s, line, round % 2) == SWITCH_OK);
    CHECK(switch_send_digits(s, line, "12") == SWITCH_OK);
    CHECK(switch_send_digits(s, rtp[1], "34") == SWITCH_OK);
    for (int i = 0; i < 5; i++) {
        uint64_t offset;
        struct switch_port_counters ports[SWITCH_PORTS];
        struct switch_counters counters;
        for (int k = 0; k < 4; k++) {
            static const int payload_types[] = {8, 0, 9, 107};
            talk(fd[0], 4 * i + k, payload_types[k]);
            talk(fd[1], 4 * i + k, payload_types[k]);
        }
        report(udp[0]);
        if (i == 2) /* another codec, or key, in mid-call */
            set(s, rtp[1], udp[0], round + 1);
        usleep(3000);
        switch_read_tap(tap, octets, sizeof octets, &offset);
        switch_port_counters(s, ports);
        CHECK(switch_one_port(s, rtp[0], ports) == SWITCH_OK);
        switch_counters(s, &counters);
        read_all_events(s);
    }
    switch_mask_tap(s, tap, 1);
    if (round % 2)
        CHECK(switch_close_tap(s, tap) == SWITCH_OK);
    for (int i = 0; i < 2; i++) {
        CHECK(switch_close(s, rtp[i]) == SWITCH_OK);
        CHECK(switch_close(s, rtp[i]) == SWITCH_NO_SUCH_PORT);
        close(fd[i]);
    }
    if (round % 4 == 0)
        CHECK(switch_close_tap(s, tap) == SWITCH_OK); /* after its port */
    CHECK(switch_close(s, music) == SWITCH_OK && switch_close(s, line) == SWITCH_OK);
}

static void exchange(struct audio_switch *s)
{
    int ends[2];
    static uint8_t block[2560];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(switch_attach_tdm(s, ends[1]) == SWITCH_OK);
    close(ends[1]);
    memset(block, 0xd5, sizeof block);
    for (int i = 0; i < 20; i++) {
        CHECK(write(ends[0], block, sizeof block) == sizeof block);
        for (size_t got = 0; got < sizeof block;)
            got += (size_t)read(ends[0], block, sizeof block - got);
    }
    close(ends[0]);
}

int main(void)
{
    struct audio_switch *s = switch_new(0, 30);
    CHECK(s && switch_start(s) == SWITCH_OK);
    for (int round = 0; round < ROUNDS; round++) {
        one_round(s, round);
        if (round % 10 == 5)
            exchange(s);
    }
    CHECK(switch_open_slot(s, 9) > 0); /* left open, with all it has */
    switch_free(s);
    struct audio_switch *unused = switch_new(10, 30); /* never started, with orders waiting */
    int udp;
    CHECK(switch_open_rtp(unused, "127.0.0.1", &udp) > 0 && switch_open_player(unused) > 0);
    switch_free(unused);
    puts("ok");
    return 0;
}
