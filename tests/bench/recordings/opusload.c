/*
 * Senders of Opus for `npm run bench:recordings`, in C so that they cost next to nothing themselves.
 *
 *   opusload PACKETS SOCKETS TRACKS GROUP DTX
 *
 * opens SOCKETS UDP sockets, each with TRACKS streams (SSRC 0x10000000 + number). Streams are in groups of GROUP, of
 * which one talks at a time, each 5 s; the others are silent, with a packet each 20 ms or, with DTX 1, each
 * 400 ms. PACKETS is a file: the number of a voice's and of a silence's packets (u32 each), then of every packet its
 * audio level (u8, -dBov), length (u16) and bytes; numbers are little-endian. What comes back is swallowed.
 *
 * It prints its ports, one a line, then `ready`. Commands on standard input:
 *   to I PORT PT EXT   socket I sends to this port, with this payload type and id of the audio level
 *   go, stop           all begin, their phases spread over 20 ms; all end
 *   stat               prints `<CPU microseconds> <packets sent> <packets received>`
 * It ends with its standard input. Loopback only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { SLOTS = 20, MAX = 4096, HEADER = 20, FRAME = 960, TURN = 250, DTX_EVERY = 20 };

struct packet { uint8_t level; uint16_t size; unsigned char bytes[1500]; };
struct stream { uint16_t sequence; uint32_t ticks; };
struct peer { int fd, ready; unsigned char type, extension; };

static struct packet *packets;
static uint32_t voices, silences;
static struct stream streams[MAX];
static struct peer peers[MAX];
static int sockets, tracks, group, dtx, is_going;
static uint64_t sent, received;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void read_packets(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fread(&voices, 4, 1, file) != 1 || fread(&silences, 4, 1, file) != 1) die(path);
  packets = calloc(voices + silences, sizeof *packets);
  for (uint32_t i = 0; i < voices + silences; i++) {
    struct packet *packet = packets + i;
    if (fread(&packet->level, 1, 1, file) != 1 || fread(&packet->size, 2, 1, file) != 1) die(path);
    if (packet->size > sizeof packet->bytes || fread(packet->bytes, 1, packet->size, file) != packet->size)
      die(path);
  }
  fclose(file);
}

static int open_socket(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0) die("socket");
  getsockname(fd, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  return fd;
}

/* One tick of 20 ms of a stream: time goes on also where nothing is sent. */
static void tick(int number) {
  struct stream *stream = streams + number;
  struct peer *peer = peers + number / tracks;
  uint32_t now = stream->ticks++;
  int talks = (int)((now / TURN + (uint32_t)(number / group)) % (uint32_t)group) == number % group;
  if (!talks && dtx && now % DTX_EVERY != 0) return;
  struct packet *packet = packets + (talks ? now % voices : voices + now % silences);
  unsigned char bytes[HEADER + 1500] = {0x90, peer->type};
  uint16_t sequence = htons(stream->sequence++);
  uint32_t timestamp = htonl(now * FRAME), ssrc = htonl(0x10000000u + (uint32_t)number);
  memcpy(bytes + 2, &sequence, 2);
  memcpy(bytes + 4, &timestamp, 4);
  memcpy(bytes + 8, &ssrc, 4);
  /* The audio level (RFC 6464) in a one-byte header extension (RFC 8285). */
  unsigned char extension[8] = {0xbe, 0xde, 0, 1, (unsigned char)(peer->extension << 4),
                                (unsigned char)((talks ? 0x80 : 0) | packet->level)};
  memcpy(bytes + 12, extension, 8);
  memcpy(bytes + HEADER, packet->bytes, packet->size);
  if (send(peer->fd, bytes, HEADER + packet->size, 0) == HEADER + packet->size) sent++;
}

static void drain(int fd) {
  unsigned char packet[2048];
  for (;;) {
    ssize_t size = recv(fd, packet, sizeof packet, 0);
    if (size < 0 && errno == ECONNREFUSED) continue; /* The port is not open yet, or no more. */
    if (size < 0) return;
    /* RTP, not RTCP (RFC 5761). */
    if (size > 1 && (packet[1] < 192 || packet[1] > 223)) received++;
  }
}

static void command(char *line) {
  int index, port, type, extension;
  if (sscanf(line, "to %d %d %d %d", &index, &port, &type, &extension) == 4 && index >= 0 && index < sockets) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(peers[index].fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
    peers[index].type = (unsigned char)type;
    peers[index].extension = (unsigned char)extension;
    peers[index].ready = 1;
  } else if (strcmp(line, "go") == 0) {
    is_going = 1;
  } else if (strcmp(line, "stop") == 0) {
    is_going = 0;
  } else if (strcmp(line, "stat") == 0) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    long long us = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec +
                   used.ru_stime.tv_usec;
    printf("%lld %llu %llu\n", us, (unsigned long long)sent, (unsigned long long)received);
  }
}

static void read_commands(void) {
  static char text[1 << 16];
  static size_t used;
  ssize_t size = read(0, text + used, sizeof text - used - 1);
  if (size <= 0) exit(0);
  used += (size_t)size;
  text[used] = 0;
  char *line = text, *end;
  for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
    *end = 0;
    command(line);
  }
  used = strlen(line);
  memmove(text, line, used + 1);
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  read_packets(argv[1]);
  sockets = atoi(argv[2]);
  tracks = atoi(argv[3]);
  group = atoi(argv[4]);
  dtx = atoi(argv[5]);
  if (sockets < 1 || tracks < 1 || group < 1 || sockets * tracks > MAX) return 2;
  int poll = epoll_create1(0);
  for (int i = 0; i < sockets; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    peers[i].fd = open_socket();
    epoll_ctl(poll, EPOLL_CTL_ADD, peers[i].fd, &event);
  }
  struct itimerspec millisecond = {{0, 1000000}, {0, 1000000}};
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  timerfd_settime(timer, 0, &millisecond, NULL);
  struct epoll_event in = {.events = EPOLLIN, .data.u32 = MAX}, due_event = in;
  due_event.data.u32 = MAX + 1;
  epoll_ctl(poll, EPOLL_CTL_ADD, 0, &in);
  epoll_ctl(poll, EPOLL_CTL_ADD, timer, &due_event);
  puts("ready");
  for (uint64_t now = 0;;) {
    struct epoll_event events[256];
    int ready = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      uint32_t what = events[i].data.u32;
      uint64_t due;
      if (what < MAX) drain(peers[what].fd);
      else if (what == MAX) read_commands();
      else if (read(timer, &due, sizeof due) == sizeof due)
        /* Streams share 20 phases, one a millisecond: no burst, as on a network. */
        for (; due > 0; due--, now++)
          for (int p = (int)(now % SLOTS); is_going && p < sockets * tracks; p += SLOTS)
            if (peers[p / tracks].ready) tick(p);
    }
  }
}
