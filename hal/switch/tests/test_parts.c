/* The parts of the core one by one, under address and undefined-behaviour sanitizers.
 * Run by tests/hal/switch/test_c.py. */
#include <string.h>

#include "check.h"
#include "jitter.h"
#include "leg.h"
#include "rtcp.h"
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

/* Delays spread evenly over 30 ms, 60 s of it: under 1 % missing, and no more delay than 60 ms. */
static void jitter_of_30_ms_leaves_no_holes(void)
{
    static struct jitter j;
    uint16_t cells[160];
    unsigned seed = 5;
    double arrival[3000];
    int missing = 0, next = 0;
    jitter_init(&j, 120);
    for (int i = 0; i < 3000; i++)
        arrival[i] = i * 160 + 240.0 * rand_r(&seed) / RAND_MAX;
    for (int tick = 56; tick < 3000 * 160; tick += 160) {
        for (; next < 3000 && arrival[next] <= tick; next++) { /* swapped ones come together */
            j.jitter = 80;
            put(&j, (uint32_t)next * 160, 1, tick - (int)arrival[next]);
        }
        missing += j.is_running ? 160 - jitter_get(&j, cells, 160) : 0;
    }
    CHECK(missing < 3000 * 160 / 100);
    CHECK(2999 * 160 - (int32_t)j.play_at < 480);
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
            CHECK(p.payload >= octets + RTP_HEADER && p.payload_octets >= 0);
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

static enum leg_verdict packet_from(struct leg *l, uint32_t address, uint16_t port, uint64_t now_ns)
{
    static struct port_counts c;
    static uint16_t sequence;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = address};
    uint8_t octets[RTP_HEADER + 160] = {0x80, 8, (uint8_t)(++sequence >> 8), (uint8_t)sequence};
    struct rtp_packet p;
    CHECK(rtp_parse(octets, sizeof octets, &p));
    return leg_receive(l, &c, &p, &from, now_ns);
}

/* Addresses: 1 negotiated, 2 the phone behind a translation, 6 a stranger. */
static void strangers_do_not_get_the_lock(void)
{
    static struct leg l;
    struct leg_setting s = {.remote = {.sin_family = AF_INET, .sin_port = 1, .sin_addr.s_addr = 1},
                            .payload_type = 8, .dtmf_payload_type = -1, .send = true,
                            .receive = true};
    leg_init(&l, -1, 7, 100, 0);
    leg_set(&l, &s, 1);
    CHECK(packet_from(&l, 1, 1, 2) == LEG_AUDIO && l.lock == LOCK_EXACT);
    CHECK(packet_from(&l, 6, 1, 3) == LEG_REFUSED);
    CHECK(leg_went_silent(&l, 3 + LEG_SILENCE_NS)); /* muted */
    CHECK(packet_from(&l, 6, 1, 4) == LEG_REFUSED && l.lock == LOCK_NONE);
    CHECK(packet_from(&l, 1, 9, 5) == LEG_AUDIO); /* the same address is believed */
    CHECK(packet_from(&l, 1, 1, 6) == LEG_AUDIO && l.lock == LOCK_EXACT);
    s.remote.sin_port = 2; /* moved, and hidden now */
    leg_set(&l, &s, 7);
    CHECK(packet_from(&l, 2, 5, 8) == LEG_AUDIO && l.lock == LOCK_OTHER);
    CHECK(packet_from(&l, 6, 5, 9) == LEG_REFUSED);
    leg_set(&l, &s, 10); /* refreshed: the stranger is first, and still not believed */
    CHECK(packet_from(&l, 6, 5, 11) == LEG_REFUSED);
    CHECK(packet_from(&l, 2, 5, 12) == LEG_AUDIO && l.lock == LOCK_KNOWN);
    CHECK(packet_from(&l, 1, 2, 13) == LEG_AUDIO && l.lock == LOCK_EXACT);
}

/* The example of RFC 3550 appendix A.3 in words: expected less received, over the whole time. */
static void reception_counts_turns_and_loss(void)
{
    struct reception r = {0};
    struct rtp_packet p = {.ssrc = 5};
    int skipped, lost = 0;
    for (uint32_t number = 65000; number < 200000; number++) {
        if (number % 1000 == 7)
            continue;
        p.sequence = (uint16_t)number;
        reception_take(&r, &p, &skipped);
        lost += skipped;
    }
    CHECK(lost == 135 && reception_expected(&r) == 135000 && r.received == 135000 - 135);
    CHECK(reception_take(&r, &p, &skipped) == RECEPTION_REPEAT);
    p.sequence = (uint16_t)(199007);
    CHECK(reception_take(&r, &p, &skipped) == RECEPTION_STRAY); /* 992 back */
    p.ssrc = 6;
    CHECK(reception_take(&r, &p, &skipped) == RECEPTION_STRAY);
    p.sequence++;
    p.ssrc = 5;
    CHECK(reception_take(&r, &p, &skipped) == RECEPTION_STRAY);
    p.sequence = (uint16_t)200000;
    CHECK(reception_take(&r, &p, &skipped) == RECEPTION_NEXT); /* undisturbed */
    p.sequence = 7;
    p.ssrc = 6;
    CHECK(reception_take(&r, &p, &skipped) == RECEPTION_STRAY);
    p.sequence = 8;
    CHECK(reception_take(&r, &p, &skipped) == RECEPTION_BEGINS && reception_expected(&r) == 1);
}

/* RFC 3550 appendix A.8: 16 samples of jitter each way approach 16 by a sixteenth a packet. */
static void jitter_is_smoothed_by_a_sixteenth(void)
{
    struct reception r = {0};
    for (uint32_t i = 0; i < 1000; i++)
        reception_time(&r, i * 160, i * 160 + (i % 2 ? 16 : 0));
    CHECK(r.jitter > 15.9f && r.jitter < 16.1f);
    struct reception fresh = {0};
    reception_time(&fresh, 0, 100);
    reception_time(&fresh, 160, 276);
    CHECK(fresh.jitter == 1.0f);
}

static void reports_survive_any_octets(void)
{
    struct rtcp_report r;
    unsigned seed = 2;
    for (int i = 0; i < 200000; i++) {
        size_t length = (size_t)(rand_r(&seed) % 120);
        uint8_t *octets = malloc(length ? length : 1); /* exact: a read past it is seen */
        for (size_t k = 0; k < length; k++)
            octets[k] = (uint8_t)rand_r(&seed);
        if (length > 4) {
            octets[0] = (uint8_t)(0x80 | (octets[0] & 3));
            octets[1] = (uint8_t)(200 + octets[1] % 4);
            octets[2] = 0;
            octets[3] %= 30;
        }
        rtcp_read(octets, (int)length, 5, &r);
        free(octets);
    }
}

static void reports_are_read_as_written(void)
{
    uint8_t octets[RTCP_MOST_OCTETS];
    struct rtcp_report out = {
        .ssrc = 1, .is_sender = true, .ntp = 0x123456789abcdef0, .timestamp = 3, .packets = 4,
        .octets = 5, .has_block = true,
        .block = {.ssrc = 6, .fraction = 7, .lost = -8, .newest = 9, .jitter = 10, .last_sr = 11,
                  .since_sr = 12}};
    struct rtcp_report in;
    int length = rtcp_write(octets, &out, "0123456789abcdef01234567", true);
    CHECK(length <= RTCP_MOST_OCTETS && rtcp_read(octets, length, 6, &in));
    CHECK(memcmp(&in.block, &out.block, sizeof in.block) == 0);
    CHECK(in.ntp == out.ntp && in.packets == 4 && in.octets == 5 && in.ssrc == 1);
    CHECK(rtcp_read(octets, length, 99, &in) && !in.has_block);
}

/* A sine with holes of any length is never louder, and under a sanitizer nothing overlaps. */
static void holes_are_filled_wherever_they_fall(void)
{
    static struct leg l;
    static struct port_counts c;
    static struct g711_tables g;
    uint8_t said[160];
    int16_t in[160];
    unsigned seed = 6;
    g711_tables_init(&g);
    leg_init(&l, -1, 7, 100, 0);
    for (uint32_t i = 0; i < 2000; i++) {
        int count = rand_r(&seed) % 100 + 30;
        struct rtp_packet p = {.payload = said, .payload_octets = count, .timestamp = i * 160};
        for (int k = 0; k < count; k++)
            said[k] = g711_alaw(&g, (int16_t)(k / 8 % 2 ? 4000 : -4000));
        if (i % 7)
            leg_push(&l, &c, &p, 0);
        leg_pull(&l, &c, &g, in, i % 2 ? 160 : 80);
        if (i % 2 == 0)
            leg_pull(&l, &c, &g, in + 80, 80);
        for (int k = 0; k < 160; k++)
            CHECK(abs(in[k]) < 6000);
    }
    CHECK(count_read(&c.concealed_samples) > 10000);
}

/* Any octets through the jitter buffer as Opus, whatever they say they last. */
static void opus_survives_any_octets(void)
{
    struct coder *coder = coder_new(CODEC_OPUS);
    static struct leg l;
    static struct port_counts c;
    static struct g711_tables g;
    int16_t in[160];
    unsigned seed = 4;
    leg_init(&l, -1, 7, 100, 0);
    l.setting.codec = CODEC_OPUS;
    l.coder = coder;
    for (uint32_t i = 0; i < 3000; i++) {
        int length = rand_r(&seed) % 1400 + 1;
        uint8_t *octets = malloc((size_t)length);
        for (int k = 0; k < length; k++)
            octets[k] = (uint8_t)rand_r(&seed);
        struct rtp_packet p = {.payload = octets, .payload_octets = length,
                               .timestamp = i * 960 + (uint32_t)(rand_r(&seed) % 7 * 480)};
        if (opus_port_samples(octets, length) > 0)
            leg_push(&l, &c, &p, 80);
        free(octets);
        if (rand_r(&seed) % 4)
            leg_pull(&l, &c, &g, in, rand_r(&seed) % 2 ? 160 : 80);
    }
    coder_free(coder);
}

/* 48 kHz timestamps turn where no multiple of 6 does. */
static void opus_time_passes_the_turn(void)
{
    static struct opus_port o;
    uint32_t last = opus_port_time(&o, (uint32_t)-96000);
    for (uint32_t i = 1; i < 2000; i++) {
        uint32_t at = opus_port_time(&o, (uint32_t)-96000 + i * 960);
        CHECK(at - last == 160);
        last = at;
    }
    CHECK(opus_port_time(&o, (uint32_t)-96000 + 1998 * 960) == last - 160); /* out of order */
}

int main(void)
{
    ring_refuses_when_full_and_keeps_order();
    companding_has_the_published_values();
    jitter_plays_in_order_what_came_out_of_order();
    jitter_gives_late_packets_room_and_takes_it_back();
    jitter_starts_anew_after_a_jump_of_the_clock();
    jitter_of_30_ms_leaves_no_holes();
    rtp_survives_any_octets();
    tap_jumps_when_it_was_left_unread();
    a_stepping_clock_does_not_upset_a_leg();
    renumbering_goes_on_for_hours();
    strangers_do_not_get_the_lock();
    reception_counts_turns_and_loss();
    jitter_is_smoothed_by_a_sixteenth();
    reports_survive_any_octets();
    reports_are_read_as_written();
    holes_are_filled_wherever_they_fall();
    opus_survives_any_octets();
    opus_time_passes_the_turn();
    puts("ok");
    return 0;
}
