/* What labgen-relay decides again and again, decided once: a cache in front of its forwarding path.
 *
 * Python takes every decision and puts it here (learn_request, learn_reply); a packet that differs in anything a decision depends on
 * is handed to Python (`slow`), in order. Nothing is decided here that is not written in an entry, and whatever changes in the relay
 * clears all of them. Plain C with no Python in it: fastpath.py loads it by ctypes where it was compiled, and the relay does the
 * same without. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { OPTIONS = 240, MINIMUM = 300, SURE_TO_FIT = 548, FRAME = 42, KINDS = 32, SERVERS = 8, TAIL = 264 };
enum { SLOTS = 64, EVENTS = 32, BUCKETS = 1 << 15, ENTRIES = 1 << 14, CONTROL = 32, PORTS = 1 << 16 };
enum { END = 255, MESSAGE_TYPE = 53, RELAY_AGENT = 82, NAK = 6 };
#define UDP_PORTS (67 + 68)

/* How the requests of one client interface leave. `counts` by message type. */
struct request {
    uint32_t scope, ifindex, hop_limit, min_secs, servers, broadcast_length, unicast_length;
    int32_t fd;
    uint8_t giaddr[4], broadcast_tail[TAIL], unicast_tail[TAIL];
    void *source, *targets[SERVERS];
    uint64_t counts[KINDS];
};

/* Where a reply goes that has this option 82, from this server, to this giaddr, by this interface. */
struct reply {
    uint32_t ends[4], agent_length; /* scope, ifindex, source, destination */
    uint8_t giaddr[4], agent[TAIL];
    int32_t fd;
    uint32_t from, tos, mtu;
    uint8_t mac[8];
    void *target;
    uint64_t counts[KINDS];
};

struct memory {
    uint8_t *buffer, *names, *control;
    struct mmsghdr *headers;
    const struct mmsghdr *template;
    uint64_t stride, headroom;
};

struct fast {
    struct memory in;
    int (*slow)(int fd, int slot);
    void (*failed)(void *target, int error);
    int used, off, stop, out_fd, waiting;
    struct mmsghdr out[SLOTS];
    struct iovec places[SLOTS];
    uint32_t scopes[PORTS];
    int requests, replies;
    struct request *by_interface[BUCKETS];
    struct reply *by_agent[BUCKETS];
};

static uint32_t word(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

static uint32_t mix(uint32_t hash, const void *data, size_t length) {
    const uint8_t *p = data;
    while (length--) hash = (hash ^ *p++) * 16777619u;
    return hash;
}

static uint32_t request_hash(uint32_t scope, uint32_t ifindex) {
    return (scope * 2654435761u ^ ifindex * 40503u) & (BUCKETS - 1);
}

static uint32_t reply_hash(const uint32_t ends[4], const uint8_t *giaddr, const uint8_t *agent, uint32_t length) {
    return mix(mix(mix(2166136261u, ends, 16), giaddr, 4), agent, length) & (BUCKETS - 1);
}

static struct request **request_place(struct fast *f, uint32_t scope, uint32_t ifindex) {
    uint32_t at = request_hash(scope, ifindex);
    while (f->by_interface[at] && (f->by_interface[at]->scope != scope || f->by_interface[at]->ifindex != ifindex))
        at = (at + 1) & (BUCKETS - 1);
    return &f->by_interface[at];
}

static struct reply **reply_place(struct fast *f, const uint32_t ends[4], const uint8_t *giaddr, const uint8_t *agent, uint32_t length) {
    uint32_t at = reply_hash(ends, giaddr, agent, length);
    for (struct reply *it; (it = f->by_agent[at]); at = (at + 1) & (BUCKETS - 1))
        if (!memcmp(it->ends, ends, 16) && !memcmp(it->giaddr, giaddr, 4) && it->agent_length == length && !memcmp(it->agent, agent, length))
            break;
    return &f->by_agent[at];
}

/* Sending. */

static void flush(struct fast *f) {
    for (int sent = 0; sent < f->waiting;) {
        int done = sendmmsg(f->out_fd, f->out + sent, f->waiting - sent, MSG_DONTWAIT);
        if (done >= 0) {
            sent += done;
        } else if (errno != EINTR) {
            f->failed(f->out[sent].msg_hdr.msg_name, errno);
            sent++;
        }
    }
    f->waiting = 0;
}

static void add(struct fast *f, int fd, uint8_t *start, size_t length, void *name, socklen_t name_length, void *control) {
    if (f->waiting == SLOTS || (f->waiting && f->out_fd != fd)) flush(f);
    f->out_fd = fd;
    struct msghdr *header = &f->out[f->waiting].msg_hdr;
    f->places[f->waiting] = (struct iovec){start, length};
    *header = (struct msghdr){name, name_length, &f->places[f->waiting], 1, control, control ? CONTROL : 0, 0};
    f->waiting++;
}

static size_t padded(uint8_t *p, size_t size) {
    if (size >= MINIMUM) return size;
    memset(p + size, 0, MINIMUM - size);
    return MINIMUM;
}

/* Reading options: true where there is an end option. Two octets behind `stop` exist. */
static int walk(const uint8_t *p, size_t stop, size_t *end, unsigned *kind, size_t *agent) {
    int typed = 0;
    *kind = 0, *agent = 0;
    for (size_t at = OPTIONS; at < stop; at += p[at] ? 2 + p[at + 1] : 1) {
        if (p[at] == END) {
            *end = at;
            return 1;
        }
        if (p[at] == MESSAGE_TYPE && !typed && p[at + 1]) *kind = p[at + 2], typed = 1;
        else if (p[at] == RELAY_AGENT && !*agent) *agent = at;
    }
    return 0;
}

static int is_dhcp(const uint8_t *p, size_t length) { return length >= OPTIONS && word(p + 236) == 0x63825363; }

static int request(struct fast *f, struct request *known, uint8_t *p, size_t length, int unicast) {
    size_t end, agent;
    unsigned kind;
    if (!known || !is_dhcp(p, length) || p[3] > known->hop_limit || word(p + 24)) return 0;
    if ((uint32_t)(p[8] << 8 | p[9]) < known->min_secs) return 0;
    if (!walk(p, length, &end, &kind, &agent) || agent || !kind || kind >= KINDS) return 0;
    const uint8_t *tail = unicast ? known->unicast_tail : known->broadcast_tail;
    size_t more = unicast ? known->unicast_length : known->broadcast_length;
    if (end + more > SURE_TO_FIT) return 0;
    p[3]++;
    memcpy(p + 24, known->giaddr, 4);
    memcpy(p + end, tail, more);
    size_t size = padded(p, end + more);
    for (uint32_t i = 0; i < known->servers; i++) add(f, known->fd, p, size, known->targets[i], 16, known->source);
    known->counts[kind]++;
    return 1;
}

static uint64_t sum(const uint8_t *p, size_t length) {
    uint64_t total = 0;
    for (; length > 1; length -= 2, p += 2) total += p[0] << 8 | p[1];
    return length ? total + (p[0] << 8) : total;
}

static void put(uint8_t *p, unsigned value) { p[0] = value >> 8, p[1] = value; }

static unsigned complement(uint64_t total) { return 0xFFFF - total % 0xFFFF; }

/* The headers in front of a reply, as frames.py writes them. */
static void write_headers(uint8_t *p, size_t size, const uint8_t *to, const struct reply *known, uint32_t destination) {
    uint8_t *head = p - FRAME, *ip = head + 14, *udp = head + 34;
    unsigned long total = size + 28, length = size + 8;
    memcpy(head, to, 6);
    memcpy(head + 6, known->mac, 6);
    put(head + 12, 0x0800);
    put(ip, 0x4500 | known->tos), put(ip + 2, total), put(ip + 4, 0), put(ip + 6, 0x4000), put(ip + 8, 64 << 8 | 17);
    put(ip + 10, complement((0x4500ul | known->tos) + total + 0x4000 + (64 << 8 | 17) + known->from + (uint64_t)destination));
    put(ip + 12, known->from >> 16), put(ip + 14, known->from), put(ip + 16, destination >> 16), put(ip + 18, destination);
    put(udp, 67), put(udp + 2, 68), put(udp + 4, length);
    put(udp + 6, complement(sum(p, size) + known->from + (uint64_t)destination + 17 + 2 * length + UDP_PORTS));
}

static int reply(struct fast *f, const uint32_t ends[4], uint8_t *p, size_t length) {
    static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255}, nobody[6];
    size_t end, agent;
    unsigned kind;
    if (!is_dhcp(p, length) || !walk(p, length, &end, &kind, &agent) || !agent || kind >= KINDS) return 0;
    if (agent + 2 + p[agent + 1] != end) return 0;
    struct reply *known = *reply_place(f, ends, p + 24, p + agent, end - agent);
    if (!known || (agent + 1 > MINIMUM ? agent + 1 : MINIMUM) + 28 > known->mtu) return 0;
    p[agent] = END;
    size_t size = padded(p, agent + 1);
    uint32_t destination = word(p + 16) ? word(p + 16) : word(p + 12);
    const uint8_t *to = p + 28;
    if (p[10] & 0x80 || !destination || kind == NAK || p[1] != 1 || p[2] != 6 || !memcmp(to, nobody, 6))
        destination = 0xFFFFFFFF, to = everybody;
    write_headers(p, size, to, known, destination);
    add(f, known->fd, p - FRAME, size + FRAME, known->target, 20, NULL);
    known->counts[kind]++;
    return 1;
}

/* One packet in a slot: true when it was dealt with. What is left to Python is as it came. */
int fast_packet(struct fast *f, uint32_t scope, int slot, size_t length) {
    uint8_t *p = f->in.buffer + slot * f->in.stride + f->in.headroom;
    const uint32_t *told = (const uint32_t *)(f->in.control + slot * CONTROL + 16);
    uint32_t ends[4] = {scope, told[0], 0, told[2]};
    if (f->off || length < OPTIONS) return 0;
    if (p[0] == 1) return request(f, *request_place(f, scope, told[0]), p, length, told[1] == told[2]);
    memcpy(&ends[2], f->in.names + slot * 16 + 4, 4);
    return p[0] == 2 && reply(f, ends, p, length);
}

/* Take what waits at a port; an error goes to `slow` as a negative number. */
static void serve(struct fast *f, int fd) {
    memcpy(f->in.headers, f->in.template, f->used * sizeof *f->in.headers);
    f->used = 0;
    int number = recvmmsg(fd, f->in.headers, SLOTS, MSG_DONTWAIT, NULL);
    if (number < 0 && errno != EAGAIN && errno != EINTR) f->stop |= f->slow(fd, -errno);
    for (int slot = 0; slot < number; slot++) {
        f->used = number;
        if (fast_packet(f, f->scopes[fd] - 1, slot, f->in.headers[slot].msg_len)) continue;
        flush(f);
        f->stop |= f->slow(fd, slot);
    }
    flush(f);
}

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* Serve ports until something else is ready, or for so long; how many descriptors are in `ready`. */
int fast_wait(struct fast *f, int epoll_fd, int timeout, int *ready, int room) {
    struct epoll_event events[EVENTS];
    int64_t until = milliseconds() + timeout;
    int found = 0;
    for (int left = timeout; left >= 0 && !found && !f->stop; left = (int)(until - milliseconds())) {
        int number = epoll_wait(epoll_fd, events, EVENTS, left);
        if (number <= 0) break;
        for (int i = 0; i < number; i++) {
            int fd = events[i].data.fd;
            if (fd < PORTS && f->scopes[fd]) serve(f, fd);
            else if (found < room) ready[found++] = fd;
        }
    }
    f->stop = 0;
    return found;
}

/* What Python knows and wants to know. */

uint64_t *fast_learn_request(struct fast *f, const struct request *entry) {
    struct request **place = request_place(f, entry->scope, entry->ifindex);
    if (*place || f->requests == ENTRIES || !(*place = malloc(sizeof *entry))) return NULL;
    **place = *entry;
    f->requests++;
    return (*place)->counts;
}

uint64_t *fast_learn_reply(struct fast *f, const struct reply *entry) {
    struct reply **place = reply_place(f, entry->ends, entry->giaddr, entry->agent, entry->agent_length);
    if (*place || f->replies == ENTRIES || !(*place = malloc(sizeof *entry))) return NULL;
    **place = *entry;
    f->replies++;
    return (*place)->counts;
}

void fast_clear(struct fast *f) {
    for (int i = 0; i < BUCKETS && f->requests; i++)
        if (f->by_interface[i]) free(f->by_interface[i]), f->by_interface[i] = NULL, f->requests--;
    for (int i = 0; i < BUCKETS && f->replies; i++)
        if (f->by_agent[i]) free(f->by_agent[i]), f->by_agent[i] = NULL, f->replies--;
}

void fast_off(struct fast *f, int off) { f->off = off; }

/* scope 0 and up; -1: no port any more. True when the descriptor is small enough. */
int fast_port(struct fast *f, int fd, int scope) {
    if (fd >= PORTS) return 0;
    f->scopes[fd] = scope + 1;
    return 1;
}

/* For tests: what would be sent next, and forget it. */
int fast_take(struct fast *f, struct mmsghdr **out) {
    int number = f->waiting;
    *out = f->out, f->waiting = 0;
    return number;
}

uint32_t fast_fingerprint(void) { return FINGERPRINT; }

struct fast *fast_new(const struct memory *in, int (*slow)(int, int), void (*failed)(void *, int)) {
    struct fast *f = calloc(1, sizeof *f);
    if (f) f->in = *in, f->slow = slow, f->failed = failed;
    return f;
}

void fast_free(struct fast *f) {
    fast_clear(f);
    free(f);
}
