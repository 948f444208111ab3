/* A load of telephones: N calls of two RTP streams each, 50 packets a second, delay measured.
 *
 *   blast SECONDS SPEECH PORT PORT PORT PORT ...
 *
 * Each pair of ports is a call: what is sent to one is expected back from the other. SPEECH is a
 * file of interleaved A-law, one channel for each side; every call begins elsewhere in it. One
 * packet a second begins with a mark and its own sequence number: from how that was renumbered on
 * the way follows when any other packet was sent. The streams' starts are spread over 20 ms, so
 * the load is even. A thread of its own sends, so a late reader does not delay the next packet.
 * First prints its own ports, one per line, then waits for a line of input, then runs (the first
 * second is not counted) and prints "sent N received N lost N p50_us X p99_us X max_us X".
 * See tools/bench/media.py.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_STREAMS 1000
#define PACKET_NS 20000000ull
#define HEADER 12
#define OCTETS (HEADER + 160)
#define BUCKETS 200000 /* of 1 us */
#define WARM_UP_NS 1000000000ull
#define MARK_EVERY 50
#define REMEMBERED 1024 /* packets of a stream whose send time is kept: 20 s */

static const char MARK[8] = "CALLBOX1";

struct stream {
    int fd;
    struct sockaddr_in to;
    uint8_t packet[OCTETS];
    uint16_t sequence;
    size_t speech_at;
    uint64_t sent_ns[REMEMBERED];
    bool has_shift; /* receiving: of the other side's sequence numbers */
    uint16_t shift;
};

static struct stream streams[MOST_STREAMS];
static int stream_count;
static uint64_t begin_ns, end_ns;
static unsigned long sent, received;
static unsigned buckets[BUCKETS];
static uint64_t longest_ns;
static uint8_t *speech; /* interleaved */
static size_t speech_pairs;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
    struct timespec t = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void fill(struct stream *s, size_t channel)
{
    for (int i = HEADER; i < OCTETS; i++) {
        s->packet[i] = speech[2 * s->speech_at + channel];
        s->speech_at = (s->speech_at + 1) % speech_pairs;
    }
    if (s->sequence % MARK_EVERY == 0) {
        memcpy(s->packet + HEADER, MARK, sizeof MARK);
        memcpy(s->packet + HEADER + sizeof MARK, &s->sequence, sizeof s->sequence);
    }
}

static void send_one(struct stream *s)
{
    uint32_t timestamp = htonl((uint32_t)s->sequence * 160);
    uint16_t sequence = htons(s->sequence);
    fill(s, (size_t)(s - streams) % 2);
    memcpy(s->packet + 2, &sequence, 2);
    memcpy(s->packet + 4, &timestamp, 4);
    uint64_t now = now_ns();
    s->sent_ns[s->sequence++ % REMEMBERED] = now;
    if (sendto(s->fd, s->packet, OCTETS, 0, (struct sockaddr *)&s->to, sizeof s->to) == OCTETS &&
        now > begin_ns + WARM_UP_NS)
        sent++;
}

static void *send_all(void *unused)
{
    uint64_t step = PACKET_NS / (uint64_t)stream_count;
    for (uint64_t n = 0;; n++) {
        uint64_t due = begin_ns + n * step;
        if (due >= end_ns)
            return unused;
        sleep_until(due);
        send_one(&streams[n % (uint64_t)stream_count]);
    }
}

static void count(uint64_t took_ns)
{
    received++;
    if (took_ns > longest_ns)
        longest_ns = took_ns;
    buckets[took_ns / 1000 < BUCKETS ? took_ns / 1000 : BUCKETS - 1]++;
}

static void receive_one(struct stream *s)
{
    uint8_t octets[OCTETS + 64];
    uint16_t sequence, marked;
    ssize_t got = recv(s->fd, octets, sizeof octets, MSG_DONTWAIT);
    uint64_t now = now_ns();
    if (got != OCTETS)
        return;
    memcpy(&sequence, octets + 2, sizeof sequence);
    sequence = ntohs(sequence);
    if (memcmp(octets + HEADER, MARK, sizeof MARK) == 0) {
        memcpy(&marked, octets + HEADER + sizeof MARK, sizeof marked);
        s->shift = (uint16_t)(sequence - marked);
        s->has_shift = true;
    }
    if (!s->has_shift)
        return;
    const struct stream *other = &streams[(s - streams) ^ 1];
    uint64_t at = other->sent_ns[(uint16_t)(sequence - s->shift) % REMEMBERED];
    if (at > begin_ns + WARM_UP_NS)
        count(now - at);
}

static unsigned quantile_us(double share)
{
    unsigned long below = 0;
    for (unsigned us = 0; us < BUCKETS; us++)
        if ((double)(below += buckets[us]) >= share * (double)received)
            return us;
    return BUCKETS;
}

static int open_stream(struct stream *s, int epoll, unsigned number, int port)
{
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof local;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};
    s->to = local;
    s->to.sin_port = htons((uint16_t)port);
    s->packet[0] = 0x80;
    s->packet[1] = 8;
    uint32_t ssrc = htonl(0x1000 + number);
    memcpy(s->packet + 8, &ssrc, 4);
    s->speech_at = (size_t)(number / 2) * 7777 % speech_pairs;
    s->fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&local, sizeof local) < 0 ||
        getsockname(s->fd, (struct sockaddr *)&local, &length) < 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &event) < 0)
        return -1;
    printf("%d\n", ntohs(local.sin_port));
    return 0;
}

static void receive_all(int epoll)
{
    struct epoll_event ready[64];
    while (now_ns() < end_ns + 500000000ull) {
        int count = epoll_wait(epoll, ready, 64, 100);
        for (int i = 0; i < count; i++)
            receive_one(&streams[ready[i].data.u32]);
    }
}

static bool read_speech(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) < 0)
        return false;
    size_t octets = (size_t)ftell(file);
    rewind(file);
    speech = malloc(octets);
    speech_pairs = octets / 2;
    bool is_whole = speech && octets >= 2 && fread(speech, 1, octets, file) == octets;
    fclose(file);
    return is_whole;
}

int main(int argc, char **argv)
{
    int epoll = epoll_create1(0);
    pthread_t sender;
    stream_count = argc - 3;
    if (stream_count < 2 || stream_count > MOST_STREAMS || atoi(argv[1]) < 2) {
        fprintf(stderr, "blast SECONDS SPEECH PORT PORT ...: expected 2 s or more, 2 to %d ports\n",
                MOST_STREAMS);
        return 2;
    }
    if (!read_speech(argv[2])) {
        fprintf(stderr, "blast: %s: expected a file of interleaved A-law\n", argv[2]);
        return 2;
    }
    for (int i = 0; i < stream_count; i++)
        if (open_stream(&streams[i], epoll, (unsigned)i, atoi(argv[3 + i])) < 0) {
            perror("blast: socket");
            return 1;
        }
    fflush(stdout);
    if (getchar() == EOF)
        return 1;
    begin_ns = now_ns() + 10000000;
    end_ns = begin_ns + (uint64_t)atoi(argv[1]) * 1000000000ull;
    if (pthread_create(&sender, NULL, send_all, NULL) != 0)
        return 1;
    receive_all(epoll);
    pthread_join(sender, NULL);
    printf("sent %lu received %lu lost %ld p50_us %u p99_us %u max_us %lu\n", sent, received,
           (long)(sent - received), quantile_us(0.5), quantile_us(0.99),
           (unsigned long)(longest_ns / 1000));
    return 0;
}
