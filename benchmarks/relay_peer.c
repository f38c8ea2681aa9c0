/* The least a DHCPv4 relay does, for benchmarks/relay.py only: one client interface, one server, batches in both directions.
 * No configuration, no counters, no log, no check of what the packets say. Usage: relay_peer IFACE OWN GIADDR SERVER */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#define SLOTS 64
#define ROOM 2048
#define HEAD 64
static unsigned char data[SLOTS][ROOM], mac[6];
static struct mmsghdr in[SLOTS], out[SLOTS];
static struct iovec inv[SLOTS], outv[SLOTS];
static in_addr_t own, giaddr;

static unsigned char *agent(unsigned char *p, unsigned char *end, unsigned char **last) {
    for (p += 240; p < end && *p != 255; p += *p ? 2 + p[1] : 1)
        if (*p == 82) { *last = p + 2 + p[1]; return p; }
    *last = p;
    return NULL;
}
static unsigned sum(const void *v, int n, unsigned s) {
    const unsigned char *p = v;
    for (; n > 1; n -= 2, p += 2) s += p[0] << 8 | p[1];
    return n ? s + (p[0] << 8) : s;
}
static unsigned short fold(unsigned s) { while (s >> 16) s = (s & 65535) + (s >> 16); return ~s & 65535; }

static int request(unsigned char *p, int n) {
    static const unsigned char ids[] = {82, 20, 1, 6, 'v', 'l', 'a', 'n', '1', '0', 5, 4, 0, 0, 0, 0, 11, 4, 0, 0, 0, 0, 255};
    unsigned char *end;
    if (n < 240 || p[0] != 1 || p[3] > 16 || agent(p, p + n, &end)) return 0;
    p[3]++;
    memcpy(p + 24, &giaddr, 4);
    memcpy(end, ids, sizeof ids);
    memcpy(end + 12, &own, 4);
    memcpy(end + 18, &own, 4);
    n = end + sizeof ids - p;
    if (n < 300) { memset(p + n, 0, 300 - n); n = 300; }
    return n;
}
static int reply(unsigned char *p, int n) {
    unsigned char *end, *a, *h = p - 42;
    if (n < 240 || p[0] != 2 || memcmp(p + 24, &giaddr, 4)) return 0;
    if ((a = agent(p, p + n, &end))) { memmove(a, end, p + n - end); n -= end - a; }
    if (n < 300) { memset(p + n, 0, 300 - n); n = 300; }
    memcpy(h, p + 28, 6); memcpy(h + 6, mac, 6); h[12] = 8; h[13] = 0;
    unsigned char ip[20] = {0x45, 0, (n + 28) >> 8, (n + 28) & 255, 0, 0, 0x40, 0, 64, 17};
    memcpy(ip + 12, &own, 4); memcpy(ip + 16, p + 16, 4);
    unsigned short c = fold(sum(ip, 20, 0)); ip[10] = c >> 8; ip[11] = c & 255;
    memcpy(h + 14, ip, 20);
    unsigned char udp[8] = {0, 67, 0, 68, (n + 8) >> 8, (n + 8) & 255};
    c = fold(sum(p, n, sum(udp, 8, sum(ip + 12, 8, 17 + n + 8)))); udp[6] = c >> 8; udp[7] = c & 255;
    memcpy(h + 34, udp, 8);
    return n;
}
static int bound(in_addr_t address, const char *device) {
    int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1, room = 1 << 22;
    struct sockaddr_in name = {AF_INET, htons(67), {address}};
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    if (device) setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device));
    return bind(s, (void *)&name, sizeof name) ? exit(1), 0 : s;
}
int main(int argc, char **argv) {
    if (argc < 5) return 2;
    own = inet_addr(argv[2]); giaddr = inet_addr(argv[3]);
    struct sockaddr_in server = {AF_INET, htons(67), {inet_addr(argv[4])}};
    int client = bound(INADDR_ANY, argv[1]), up = bound(giaddr, NULL), raw = socket(AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(argv[1]), .sll_protocol = htons(ETH_P_IP)};
    struct ifreq ask; strncpy(ask.ifr_name, argv[1], IFNAMSIZ); ioctl(client, SIOCGIFHWADDR, &ask);
    memcpy(mac, ask.ifr_hwaddr.sa_data, 6);
    for (int i = 0; i < SLOTS; i++) {
        inv[i] = (struct iovec){data[i] + HEAD, ROOM - HEAD - 64};
        in[i].msg_hdr = (struct msghdr){.msg_iov = inv + i, .msg_iovlen = 1};
        out[i].msg_hdr = (struct msghdr){.msg_iov = outv + i, .msg_iovlen = 1};
    }
    for (struct pollfd fds[] = {{client, POLLIN, 0}, {up, POLLIN, 0}}; poll(fds, 2, -1) > 0;)
        for (int f = 0; f < 2; f++) {
            int got = fds[f].revents ? recvmmsg(fds[f].fd, in, SLOTS, MSG_DONTWAIT, NULL) : 0, count = 0;
            for (int i = 0; i < got; i++) {
                unsigned char *p = data[i] + HEAD;
                int n = f ? reply(p, in[i].msg_len) : request(p, in[i].msg_len);
                if (!n) continue;
                outv[count] = f ? (struct iovec){p - 42, n + 42} : (struct iovec){p, n};
                out[count].msg_hdr.msg_name = f ? (void *)&link : (void *)&server;
                out[count++].msg_hdr.msg_namelen = f ? sizeof link : sizeof server;
            }
            if (count) sendmmsg(f ? raw : up, out, count, 0);
        }
    return 0;
}
