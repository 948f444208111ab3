/* The least a relay can do: N pairs of UDP sockets, each datagram sent on as it comes.
 *
 *   relay PAIRS
 *
 * Binds 2 x PAIRS sockets on loopback and prints their ports, one per line. What arrives on one of
 * a pair goes out of the other, to whoever last sent to that. Ends when its input does; then
 * prints "cpu SECONDS packets COUNT". The reference for the switch, see tools/bench/media.py.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_PAIRS 500
#define TURN_EVENTS 300

struct side {
    int fd;
    struct sockaddr_in party;
};

static int open_side(int epoll, struct side *side, unsigned number)
{
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof local;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};
    int room = 1 << 18;
    side->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (side->fd < 0 || bind(side->fd, (struct sockaddr *)&local, sizeof local) < 0 ||
        getsockname(side->fd, (struct sockaddr *)&local, &length) < 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, side->fd, &event) < 0)
        return -1;
    setsockopt(side->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    printf("%d\n", ntohs(local.sin_port));
    return 0;
}

static unsigned long relay(struct side *sides, unsigned number)
{
    char octets[1500];
    struct side *in = &sides[number], *out = &sides[number ^ 1];
    socklen_t length = sizeof in->party;
    ssize_t got = recvfrom(in->fd, octets, sizeof octets, 0, (struct sockaddr *)&in->party, &length);
    if (got <= 0 || out->party.sin_port == 0)
        return 0;
    return sendto(out->fd, octets, (size_t)got, 0, (struct sockaddr *)&out->party,
                  sizeof out->party) == got;
}

static double cpu_s(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
    static struct side sides[2 * MOST_PAIRS];
    unsigned pairs = argc == 2 ? (unsigned)atoi(argv[1]) : 0;
    unsigned long packets = 0;
    struct epoll_event ready[TURN_EVENTS], input = {.events = EPOLLIN, .data.u32 = 2 * MOST_PAIRS};
    int epoll = epoll_create1(0);
    if (pairs < 1 || pairs > MOST_PAIRS || epoll < 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input) < 0) {
        fprintf(stderr, "relay PAIRS: expected 1 to %d and a pipe as input\n", MOST_PAIRS);
        return 2;
    }
    for (unsigned i = 0; i < 2 * pairs; i++)
        if (open_side(epoll, &sides[i], i) < 0) {
            perror("relay: socket");
            return 1;
        }
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(epoll, ready, TURN_EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.u32 == 2 * MOST_PAIRS) {
                printf("cpu %.6f packets %lu\n", cpu_s(), packets);
                return 0;
            }
            packets += relay(sides, ready[i].data.u32);
        }
    }
}
