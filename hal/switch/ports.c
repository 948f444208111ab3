/* switch.h: opening, setting and closing ports, and who hears whom. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "books.h"

/* Even ports from here on, below those that the kernel gives to whoever asks for any. */
#define FIRST_UDP_PORT 16384
#define EVEN_UDP_PORTS 8192
#define UDP_TRIES 64 /* ports tried when others have taken some */
#define LAST_GENERATION 0x7fffff

struct chance {
    uint32_t ssrc, timestamp;
    uint16_t sequence, udp_port;
    uint8_t cname[RTCP_CNAME_OCTETS / 2]; /* RFC 7022 clause 4.2: 96 random bits */
};

struct sockets {
    int rtp, rtcp; /* -1: none */
};

static bool draw(struct chance *chance)
{
    return getrandom(chance, sizeof *chance, 0) == sizeof *chance;
}

static void write_name(char cname[RTCP_CNAME_OCTETS], const uint8_t *chance)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < RTCP_CNAME_OCTETS; i++)
        cname[i] = digits[chance[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

static int open_port(struct audio_switch *s, enum switch_port_kind kind, int slot,
                     struct sockets sockets, const struct chance *chance)
{
    struct command o = {.kind = COMMAND_OPEN};
    int index = 0;
    switch_collect(s);
    while (index < SWITCH_PORTS && s->entries[index].state != ENTRY_FREE)
        index++;
    if (index == SWITCH_PORTS)
        return SWITCH_NO_PORT_LEFT;
    struct entry *e = &s->entries[index];
    int32_t generation = e->generation % LAST_GENERATION + 1;
    int id = generation * SWITCH_PORTS + index;
    o.port = index;
    o.open.kind = kind;
    o.open.id = id;
    o.open.slot = slot;
    o.open.fd = sockets.rtp;
    o.open.rtcp_fd = sockets.rtcp;
    write_name(o.open.cname, chance->cname);
    o.open.ssrc = chance->ssrc;
    o.open.timestamp = chance->timestamp;
    o.open.sequence = chance->sequence & 0x7fff; /* RFC 3711 3.3.1: no wrap soon after the start */
    int code = books_order(s, &o);
    if (code != SWITCH_OK)
        return code;
    *e = (struct entry){
        .state = ENTRY_OPEN, .kind = kind, .generation = generation, .slot = slot,
        .fd = sockets.rtp, .rtcp_fd = sockets.rtcp};
    return id;
}

static void close_both(struct sockets both)
{
    int why = errno;
    if (both.rtp >= 0)
        close(both.rtp);
    if (both.rtcp >= 0)
        close(both.rtcp);
    errno = why;
}

/* A datagram socket on `port`; -1: errno says why. */
static int bind_one(struct sockaddr_in local, int port)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    local.sin_port = htons((uint16_t)port);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&local, sizeof local) < 0) {
        close_both((struct sockets){fd, -1});
        return -1;
    }
    int dscp_ef = 0xb8; /* the kernel's own receive buffer holds seconds of a telephone's packets */
    if (fd >= 0)
        setsockopt(fd, IPPROTO_IP, IP_TOS, &dscp_ef, sizeof dscp_ef);
    return fd;
}

/* Sockets on an even port and the next (RFC 3550 clause 11), looked for from a random one on. */
static struct sockets bind_pair(struct sockaddr_in local, uint16_t chance, int *udp_port)
{
    for (int tries = 0; tries < UDP_TRIES; tries++) {
        *udp_port = FIRST_UDP_PORT + 2 * ((chance + tries) % EVEN_UDP_PORTS);
        struct sockets both = {bind_one(local, *udp_port), -1};
        if (both.rtp >= 0)
            both.rtcp = bind_one(local, *udp_port + 1);
        if (both.rtcp >= 0)
            return both;
        close_both(both);
        if (errno != EADDRINUSE)
            break;
    }
    return (struct sockets){-1, -1};
}

int switch_open_rtp(struct audio_switch *s, const char *local_ip, int *udp_port)
{
    struct sockaddr_in local = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, local_ip, &local.sin_addr) != 1)
        return SWITCH_BAD_ADDRESS;
    struct chance chance;
    if (!draw(&chance))
        return SWITCH_SYSTEM;
    struct sockets both = bind_pair(local, chance.udp_port, udp_port);
    if (both.rtp < 0)
        return errno == EADDRNOTAVAIL ? SWITCH_BAD_ADDRESS : SWITCH_SYSTEM;
    int code = open_port(s, PORT_RTP, 0, both, &chance);
    if (code < 0)
        close_both(both);
    return code;
}

/* What codes and decodes for the port from now on, if that changes. */
static bool lend_coder(struct audio_switch *s, const struct entry *e, struct command *o)
{
    o->rtp.is_coder_new = !e->is_set || e->codec != o->rtp.setting.codec;
    if (!o->rtp.is_coder_new || !coder_is_needed(o->rtp.setting.codec))
        return true;
    struct coder *made = coder_new(o->rtp.setting.codec);
    if (made == NULL)
        return false;
    books_lend(s, &made->object);
    o->object = made;
    return true;
}

/* SRTP by a key, if that is another one than the last: a key used twice from its beginning
 * would give the audio away. */
static bool lend_srtp(struct audio_switch *s, const struct srtp_key *last, const uint8_t *key,
                      int tag_octets, struct srtp **lent)
{
    if (tag_octets == 0 || (tag_octets == last->tag_octets &&
                            memcmp(key, last->octets, SRTP_KEY_OCTETS) == 0))
        return true;
    struct srtp *made = malloc(sizeof *made);
    if (made == NULL)
        return false;
    srtp_init(made, key, tag_octets);
    books_lend(s, &made->object);
    *lent = made;
    return true;
}

static void keep_key(struct srtp_key *key, const uint8_t *octets, int tag_octets)
{
    if (tag_octets == 0)
        return;
    key->tag_octets = tag_octets;
    memcpy(key->octets, octets, SRTP_KEY_OCTETS);
}

static void keep_books(struct entry *e, const struct switch_rtp *to)
{
    e->is_set = true;
    e->codec = (enum switch_codec)to->codec;
    e->is_secure = to->srtp_tag_octets != 0;
    keep_key(&e->ours, to->ours, to->srtp_tag_octets);
    keep_key(&e->theirs, to->theirs, to->srtp_tag_octets);
}

static int order_rtp(struct audio_switch *s, struct command *o, const struct switch_rtp *to)
{
    struct entry *e = &s->entries[o->port];
    int tag_octets = to->srtp_tag_octets;
    bool is_made = lend_coder(s, e, o) &&
                   lend_srtp(s, &e->ours, to->ours, tag_octets, &o->rtp.srtp_out) &&
                   lend_srtp(s, &e->theirs, to->theirs, tag_octets, &o->rtp.srtp_in);
    int code = is_made ? books_order(s, o) : SWITCH_NO_MEMORY;
    if (code == SWITCH_OK) {
        keep_books(e, to);
        return code;
    }
    struct coder *coder = o->object;
    struct object *unused[] = {coder ? &coder->object : NULL,
                               o->rtp.srtp_out ? &o->rtp.srtp_out->object : NULL,
                               o->rtp.srtp_in ? &o->rtp.srtp_in->object : NULL};
    for (int i = 0; i < 3; i++)
        if (unused[i])
            books_free(s, unused[i]);
    return code;
}

static bool read_address(struct sockaddr_in *a, const char *ip, int port)
{
    a->sin_family = AF_INET;
    a->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, ip, &a->sin_addr) == 1;
}

int switch_set_rtp(struct audio_switch *s, int port, const struct switch_rtp *to)
{
    struct command o = {.kind = COMMAND_SET_RTP, .port = books_find(s, port, PORT_RTP)};
    if (o.port < 0)
        return o.port;
    struct leg_setting *setting = &o.rtp.setting;
    int after = to->remote_port ? to->remote_port + 1 : 0; /* RFC 3550 clause 11 */
    bool is_said = to->rtcp_ip != NULL;
    if (!read_address(&setting->remote, to->remote_ip, to->remote_port) ||
        !read_address(&setting->rtcp, is_said ? to->rtcp_ip : to->remote_ip,
                      is_said ? to->rtcp_port : after))
        return SWITCH_BAD_ADDRESS;
    setting->codec = (enum switch_codec)to->codec;
    setting->payload_type = (uint8_t)to->payload_type;
    setting->dtmf_payload_type = to->dtmf_payload_type;
    setting->send = to->send;
    setting->receive = to->receive;
    setting->is_secure = to->srtp_tag_octets != 0;
    return order_rtp(s, &o, to);
}

int switch_open_slot(struct audio_switch *s, int slot)
{
    if (s->slot_owner[slot])
        return SWITCH_SLOT_TAKEN;
    int id = open_port(s, PORT_SLOT, slot, (struct sockets){-1, -1}, &(struct chance){0});
    if (id > 0)
        s->slot_owner[slot] = (id & (SWITCH_PORTS - 1)) + 1;
    return id;
}

int switch_open_player(struct audio_switch *s)
{
    return open_port(s, PORT_PLAYER, 0, (struct sockets){-1, -1}, &(struct chance){0});
}

int switch_close(struct audio_switch *s, int port)
{
    struct command o = {.kind = COMMAND_CLOSE, .port = books_find(s, port, PORT_FREE)};
    if (o.port < 0)
        return o.port;
    struct entry *e = &s->entries[o.port];
    e->state = ENTRY_CLOSING; /* before it can come back and be made free */
    int code = books_order(s, &o);
    if (code == SWITCH_BUSY)
        e->state = ENTRY_OPEN;
    else if (e->kind == PORT_SLOT)
        s->slot_owner[e->slot] = 0;
    return code;
}

static int order_pair(struct audio_switch *s, enum command_kind kind, int listener, int source,
                      double gain)
{
    struct command o = {.kind = kind, .gain = (float)gain};
    o.port = books_find(s, listener, PORT_FREE);
    o.other = books_find(s, source, PORT_FREE);
    if (o.port < 0 || o.other < 0)
        return SWITCH_NO_SUCH_PORT;
    return books_order(s, &o);
}

int switch_hear(struct audio_switch *s, int listener, int source, double gain)
{
    return order_pair(s, COMMAND_HEAR, listener, source, gain);
}

int switch_unhear(struct audio_switch *s, int listener, int source)
{
    return order_pair(s, COMMAND_UNHEAR, listener, source, 0);
}
