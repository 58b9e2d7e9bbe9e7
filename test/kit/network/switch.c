// A network of hosts on one machine: each host is a network namespace with one interface (TUN), and
// this program carries the packets from one to the other, or loses, delays and withholds them, each
// direction of each pair as it is told. It needs no bridge and no `tc netem`, which the kernels of
// small machines leave out. All of it goes when the program ends.
//
//   cc -O2 -o switch switch.c
//   switch SEED
//
// Commands on standard input, one a line; each is answered by one line, `ok ...` or `no ...`:
//
//   host N                         makes 10.0.0.N in a namespace of its own; ok PATH, which nsenter takes
//   here N                         makes 10.0.0.N where the switch was started
//   link A B LOSS DELAY JITTER     from A to B: lost packets in a million, microseconds
//   carried A B                    ok CARRIED LOST, packets so far
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { HOSTS = 255, MTU = 9000, WAITING = 20000, AT_ONCE = 64 };

struct packet {
  struct packet *next;
  int64_t due;
  int from, length;
  unsigned char bytes[];
};
struct link {
  int loss;
  int64_t delay, jitter;
  long carried, lost;
};
static struct host {
  int fd;
  struct packet *first, *last; // by the time they are due
  int waiting;
} hosts[HOSTS];
static struct link links[HOSTS][HOSTS];
static uint64_t chance;
static int home; // the namespace that the switch was started in

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}
static uint64_t draw(uint64_t below) { // xorshift64*
  chance ^= chance >> 12, chance ^= chance << 25, chance ^= chance >> 27;
  return ((chance * 2685821657736338717ull) >> 33) % below;
}

// Makes the interface in the namespace that the thread is in.
static int attach(int n) {
  struct ifreq it = {.ifr_flags = IFF_TUN | IFF_NO_PI}, loopback = {.ifr_name = "lo"};
  struct sockaddr_in *address = (struct sockaddr_in *)&it.ifr_addr;
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  strcpy(it.ifr_name, "net0");
  if (fd < 0 || s < 0 || ioctl(fd, TUNSETIFF, &it)) goto fault;
  it.ifr_mtu = MTU;
  if (ioctl(s, SIOCSIFMTU, &it)) goto fault;
  it.ifr_qlen = WAITING;
  if (ioctl(s, SIOCSIFTXQLEN, &it)) goto fault;
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET, address->sin_addr.s_addr = htonl(0x0a000000 + n);
  if (ioctl(s, SIOCSIFADDR, &it)) goto fault;
  address->sin_addr.s_addr = htonl(0xffffff00);
  if (ioctl(s, SIOCSIFNETMASK, &it)) goto fault;
  it.ifr_flags = loopback.ifr_flags = IFF_UP;
  if (ioctl(s, SIOCSIFFLAGS, &it) || ioctl(s, SIOCSIFFLAGS, &loopback)) goto fault;
  close(s);
  return fd;
fault:
  if (fd >= 0) close(fd);
  if (s >= 0) close(s);
  return -1;
}

static void carry(int from) {
  static unsigned char bytes[65536];
  for (int i = 0; i < AT_ONCE; i++) {
    int length = read(hosts[from].fd, bytes, sizeof bytes);
    if (length < 20) return;
    int to = bytes[19];
    if (bytes[0] >> 4 != 4 || bytes[16] != 10 || bytes[17] || bytes[18] || to >= HOSTS || !hosts[to].fd) continue;
    struct link *link = &links[from][to];
    struct host *host = &hosts[to];
    if (host->waiting >= WAITING || (link->loss && draw(1000000) < (uint64_t)link->loss)) {
      link->lost++;
      continue;
    }
    link->carried++;
    if (!link->delay && !link->jitter && !host->first) {
      if (write(host->fd, bytes, length) == length || errno != EAGAIN) continue;
    }
    struct packet *packet = malloc(sizeof *packet + length), **at = &host->first;
    if (!packet) abort();
    packet->due = now() + link->delay + (link->jitter ? draw(link->jitter) : 0);
    packet->length = length, packet->from = from;
    memcpy(packet->bytes, bytes, length);
    if (host->last && host->last->due <= packet->due) at = &host->last->next;
    while (*at && (*at)->due <= packet->due) at = &(*at)->next;
    packet->next = *at, *at = packet;
    if (!packet->next) host->last = packet;
    host->waiting++;
  }
}

// Hands over what is due, and tells in how many milliseconds the next will be.
static int deliver(void) {
  int64_t next = INT64_MAX, time = now();
  for (int n = 0; n < HOSTS; n++) {
    struct host *host = &hosts[n];
    while (host->first && host->first->due <= time) {
      struct packet *packet = host->first;
      if (write(host->fd, packet->bytes, packet->length) < 0 && errno == EAGAIN) {
        next = time;
        break;
      }
      if (!(host->first = packet->next)) host->last = NULL;
      host->waiting--;
      free(packet);
    }
    if (host->first && host->first->due < next) next = host->first->due;
  }
  return next == INT64_MAX ? -1 : next <= time ? 0 : (int)((next - time + 999) / 1000);
}

static void obey(char *line, int poll) {
  int a, b, loss;
  long delay, jitter;
  int isHost = sscanf(line, "host %d", &a) == 1;
  if (isHost || sscanf(line, "here %d", &a) == 1) {
    int space = home;
    if (a < 1 || a >= HOSTS || hosts[a].fd) goto no;
    if (isHost) {
      if (unshare(CLONE_NEWNET) || (space = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) < 0) goto no;
    } else if (setns(home, CLONE_NEWNET)) goto no;
    int fd = attach(a);
    if (fd < 0) goto no;
    hosts[a].fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = a};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event)) goto no;
    printf("ok /proc/%d/fd/%d\n", getpid(), space);
  } else if (sscanf(line, "link %d %d %d %ld %ld", &a, &b, &loss, &delay, &jitter) == 5) {
    if (a < 1 || a >= HOSTS || b < 1 || b >= HOSTS) goto no;
    struct link *link = &links[a][b];
    link->loss = loss, link->delay = delay, link->jitter = jitter;
    if (loss >= 1000000) { // what is under way is lost too
      struct host *host = &hosts[b];
      struct packet **at = &host->first;
      host->last = NULL;
      while (*at) {
        struct packet *packet = *at;
        if (packet->from == a) *at = packet->next, host->waiting--, free(packet);
        else host->last = packet, at = &packet->next;
      }
    }
    printf("ok\n");
  } else if (sscanf(line, "carried %d %d", &a, &b) == 2 && a > 0 && a < HOSTS && b > 0 && b < HOSTS) {
    printf("ok %ld %ld\n", links[a][b].carried, links[a][b].lost);
  } else {
    errno = EINVAL;
    goto no;
  }
  fflush(stdout);
  return;
no:
  printf("no %s\n", strerror(errno));
  fflush(stdout);
}

int main(int argc, char **argv) {
  static char line[4096];
  size_t held = 0;
  chance = (argc > 1 ? strtoull(argv[1], NULL, 10) : 0) * 2654435761u + 88172645463325252ull;
  home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  int poll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN}, events[16];
  if (poll < 0 || home < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, 0, &event)) return perror("switch"), 1;
  for (;;) {
    int count = epoll_wait(poll, events, 16, deliver());
    for (int i = 0; i < count; i++) {
      if (events[i].data.u32) {
        carry(events[i].data.u32);
        continue;
      }
      ssize_t got = read(0, line + held, sizeof line - 1 - held);
      if (got <= 0) return 0; // whoever started it has gone
      held += got, line[held] = 0;
      for (char *end; (end = strchr(line, '\n'));) {
        *end = 0, obey(line, poll);
        held -= end + 1 - line;
        memmove(line, end + 1, held + 1);
      }
      if (held == sizeof line - 1) return 1;
    }
  }
}
