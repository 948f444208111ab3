/* The parts of the core one by one, under address and undefined-behaviour sanitizers.
 * Run by tests/hal/switch/test_c.py. */
#include <string.h>

#include "check.h"
#include "jitter.h"
#include "leg.h"
#include "ring.h"
#include "rtp.h"
#include "tap.h"

static void ring_refuses_when_full_and_keeps_order(void)
{
    int memory[8], value = 0;
    struct ring r;
    ring_init(&r, memory, sizeof(int), 8);
    for (int round = 0; round < 1000; round++) {
        for (int i = 0; i < 8; i++)
            CHECK(ring_put(&r, &(int){round * 8 + i}));
        CHECK(!ring_put(&r, &value));
        for (int i = 0; i < 8; i++)
            CHECK(ring_get(&r, &value) && value == round * 8 + i);
        CHECK(!ring_get(&r, &value));
    }
}

/* ITU-T G.711 tables 1a and 2a: first and last values of segments, in 16-bit left-justified form */
static void companding_has_the_published_values(void)
{
    static struct g711_tables g;
    g711_tables_init(&g);
    CHECK(g.from_alaw[0xD5] == 8 && g.from_alaw[0x55] == -8);
    CHECK(g.from_alaw[0xAA] == 32256 && g.from_alaw[0x2A] == -32256);
    CHECK(g.from_ulaw[0xFF] == 0 && g.from_ulaw[0x7F] == 0);
    CHECK(g.from_ulaw[0x80] == 32124 && g.from_ulaw[0x00] == -32124);
    for (int i = 0; i < 256; i++) {
        CHECK(g711_alaw(&g, g.from_alaw[i]) == i);
        CHECK(i == 0x7F || g711_ulaw(&g, g.from_ulaw[i]) == i);
        CHECK(g.from_alaw[i] == alaw_to_linear((uint8_t)i)); /* spandsp's, another's work */
        CHECK(g.from_ulaw[i] == ulaw_to_linear((uint8_t)i));
    }
}

static void put(struct jitter *j, uint32_t at, uint8_t octet, int to_tick)
{
    uint8_t octets[160];
    memset(octets, octet, sizeof octets);
    jitter_put(j, at, octets, 160, to_tick);
}

static void jitter_plays_in_order_what_came_out_of_order(void)
{
    static struct jitter j;
    uint16_t cells[160];
    uint32_t start = (uint32_t)-320; /* the timestamp wraps on the way */
    static const int order[] = {0, 2, 1, 4, 3, 5};
    jitter_init(&j, 480);
    put(&j, start, 0, 0);
    for (int i = 1; i < 6; i++)
        put(&j, start + 160u * (uint32_t)order[i], (uint8_t)order[i], 0);
    for (int i = 0; i < 3; i++)
        CHECK(jitter_get(&j, cells, 160) == 0); /* the delay */
    for (int i = 0; i < 6; i++) {
        CHECK(jitter_get(&j, cells, 160) == 160);
        CHECK(cells[0] == (JITTER_PRESENT | i) && cells[159] == (JITTER_PRESENT | i));
    }
    CHECK(jitter_get(&j, cells, 160) == 0);
}

static void jitter_gives_late_packets_room_and_takes_it_back(void)
{
    static struct jitter j;
    uint16_t cells[160];
    uint32_t at = 0;
    int missing = 0;
    jitter_init(&j, 120);
    for (int i = 0; i < 50; i++, at += 160) {
        put(&j, at, 1, 0);
        jitter_get(&j, cells, 160);
    }
    for (int i = 0; i < 2; i++) /* 40 ms late from here on */
        jitter_get(&j, cells, 160);
    for (int i = 0; i < 50; i++, at += 160) {
        put(&j, at, 1, 0);
        missing += i > 5 && jitter_get(&j, cells, 160) < 160;
        if (i <= 5)
            jitter_get(&j, cells, 160);
    }
    CHECK(missing == 0);
    CHECK(j.target > 120);
    int widest = j.target;
    for (int i = 0; i < 3; i++, at += 160) /* and early again */
        put(&j, at, 1, 0);
    for (int i = 0; i < 1500; i++, at += 160) {
        put(&j, at, 1, 0);
        jitter_get(&j, cells, 160);
    }
    CHECK(j.target < widest);
    CHECK((int32_t)(at - j.play_at) < 800);
}

static void jitter_starts_anew_after_a_jump_of_the_clock(void)
{
    static struct jitter j;
    uint16_t cells[160];
    jitter_init(&j, 0);
    put(&j, 1000, 1, 0);
    CHECK(jitter_get(&j, cells, 160) == 160);
    put(&j, 0x70000000, 2, 0);
    CHECK(jitter_get(&j, cells, 160) == 160 && cells[0] == (JITTER_PRESENT | 2));
}

static void rtp_survives_any_octets(void)
{
    struct rtp_packet p;
    unsigned seed = 1;
    for (int i = 0; i < 200000; i++) {
        size_t length = (size_t)(rand_r(&seed) % 64);
        uint8_t *octets = malloc(length ? length : 1); /* exact: a read past it is seen */
        for (size_t k = 0; k < length; k++)
            octets[k] = (uint8_t)rand_r(&seed);
        if (length && i % 2)
            octets[0] = (uint8_t)(0x80 | (octets[0] & 0x3f));
        if (rtp_parse(octets, length, &p)) {
            CHECK(p.payload >= octets + RTP_HEADER && p.payload_octets > 0);
            CHECK(p.payload + p.payload_octets <= octets + length);
        }
        free(octets);
    }
}

static void tap_jumps_when_it_was_left_unread(void)
{
    static struct g711_tables g;
    static uint8_t out[TAP_OCTETS];
    int16_t said[160] = {0}, heard[160] = {0};
    struct tap *t = malloc(sizeof *t);
    uint64_t offset;
    g711_tables_init(&g);
    tap_init(t);
    for (int i = 0; i < 100; i++)
        tap_write(t, &g, said, heard, 160);
    CHECK(tap_read(t, out, 999, &offset) == 998 && offset == 0);
    CHECK(tap_read(t, out, TAP_OCTETS, &offset) == 32000 - 998 && offset == 998);
    for (int i = 0; i < 2000; i++) { /* 40 s */
        said[0] = (int16_t)(i % 100 * 64);
        tap_write(t, &g, said, heard, 160);
    }
    int got = tap_read(t, out, TAP_OCTETS, &offset);
    CHECK(offset > 32000 && offset + (uint64_t)got == 2100 * 320);
    CHECK(got >= TAP_OCTETS - 2 * TAP_MARGIN && got <= TAP_OCTETS);
    CHECK(out[(320 - offset % 320) % 320] == g711_alaw(&g, (int16_t)((offset + 319) / 320 % 100 * 64)));
    free(t);
}

static void a_stepping_clock_does_not_upset_a_leg(void)
{
    static struct leg l;
    static struct port_counts c;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = 1, .sin_addr.s_addr = 1};
    struct leg_setting s = {.remote = from, .payload_type = 8, .dtmf_payload_type = -1,
                            .send = true, .receive = true};
    uint8_t octets[RTP_HEADER + 160] = {0x80, 8};
    struct rtp_packet p;
    leg_init(&l, -1, 7, 100, 0);
    leg_set(&l, &s, 0);
    CHECK(rtp_parse(octets, sizeof octets, &p));
    CHECK(leg_receive(&l, &c, &p, &from, 1000) == LEG_AUDIO);
    CHECK(leg_receive(&l, &c, &p, &from, 1000) == LEG_IGNORED); /* the same again */
    CHECK(!leg_went_silent(&l, LEG_SILENCE_NS));
    CHECK(leg_went_silent(&l, LEG_SILENCE_NS + 1000));
    CHECK(!leg_went_silent(&l, 2 * LEG_SILENCE_NS));
}

/* 200 000 packets through one mapping: more than three turns of the sequence number. */
static void renumbering_goes_on_for_hours(void)
{
    static struct leg l;
    struct rtp_packet p = {.payload_type = 8, .ssrc = 5, .payload_octets = 160};
    uint16_t last = 0;
    leg_init(&l, -1, 7, 100, 0);
    l.setting.payload_type = 8;
    for (uint32_t i = 0; i < 200000; i++) {
        struct rtp_packet out = p;
        out.sequence = (uint16_t)(i + 60000);
        out.timestamp = i * 160 + 77;
        CHECK(leg_renumber(&l, &out, (uint64_t)i * 20000000));
        CHECK(i == 0 ? out.marker : out.sequence == (uint16_t)(last + 1) && !out.marker);
        CHECK(out.ssrc == 7);
        last = out.sequence;
    }
}

int main(void)
{
    ring_refuses_when_full_and_keeps_order();
    companding_has_the_published_values();
    jitter_plays_in_order_what_came_out_of_order();
    jitter_gives_late_packets_room_and_takes_it_back();
    jitter_starts_anew_after_a_jump_of_the_clock();
    rtp_survives_any_octets();
    tap_jumps_when_it_was_left_unread();
    a_stepping_clock_does_not_upset_a_leg();
    renumbering_goes_on_for_hours();
    puts("ok");
    return 0;
}
