/*
 * The far end of `npm run bench:phones`, in C so that it costs next to nothing itself.
 *
 *   rtpload reflect N      N UDP sockets that send every datagram back: what phone legs are measured against
 *   rtpload load N SINKS   N phones of G.711, 50 packets a second each, and SINKS sockets that only swallow
 *
 * It prints its ports, one a line, then `ready`. Commands on standard input:
 *   to I PORT KIND   phone I sends to this port: s for silence, t for a talker, - for nothing
 *   go               all phones begin, their phases spread over 20 ms
 *   stat             prints `<CPU microseconds> <packets sent> <packets received>`
 * It ends with its standard input. Loopback only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 12, SAMPLES = 160, PACKET = HEADER + SAMPLES, SLOTS = 20, MAX = 4096 };

struct phone {
  int fd;
  char kind;
  uint16_t sequence;
  uint32_t timestamp;
  uint32_t position;
};

static struct phone phones[MAX];
static int count, sinks, is_reflector, is_going;
static uint64_t sent, received;
static unsigned char silence[SAMPLES];
/* A second of a warble, so that no filter takes it for noise. */
static unsigned char voice[8000];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static unsigned char mulaw(int sample) {
  int sign = sample < 0 ? 0x80 : 0, magnitude = abs(sample) + 0x84, exponent = 7;
  for (int mask = 0x4000; (magnitude & mask) == 0 && exponent > 0; mask >>= 1) exponent--;
  return (unsigned char)~(sign | exponent << 4 | (magnitude >> (exponent + 3) & 0x0f));
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

static void send_one(struct phone *phone, int index) {
  unsigned char packet[PACKET] = {0x80, 0};
  uint16_t sequence = htons(phone->sequence++);
  uint32_t timestamp = htonl(phone->timestamp), ssrc = htonl(0x10000000u + (uint32_t)index);
  memcpy(packet + 2, &sequence, 2);
  memcpy(packet + 4, &timestamp, 4);
  memcpy(packet + 8, &ssrc, 4);
  memcpy(packet + HEADER, phone->kind == 't' ? voice + phone->position : silence, SAMPLES);
  phone->position = (phone->position + SAMPLES) % sizeof voice;
  phone->timestamp += SAMPLES;
  if (send(phone->fd, packet, PACKET, 0) == PACKET) sent++;
}

static void drain(int fd) {
  unsigned char packet[2048];
  struct sockaddr_in from;
  for (;;) {
    socklen_t length = sizeof from;
    ssize_t size = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &length);
    if (size < 0 && errno == ECONNREFUSED) continue; /* The port is not open yet, or no more. */
    if (size < 0) return;
    received++;
    if (is_reflector && sendto(fd, packet, (size_t)size, 0, (struct sockaddr *)&from, length) == size)
      sent++;
  }
}

static void command(char *line) {
  int index, port;
  char kind;
  if (sscanf(line, "to %d %d %c", &index, &port, &kind) == 3 && index >= 0 && index < count) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    phones[index].kind = kind;
    if (connect(phones[index].fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
  } else if (strcmp(line, "go") == 0) {
    is_going = 1;
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
  if (argc < 3) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  is_reflector = strcmp(argv[1], "reflect") == 0;
  count = atoi(argv[2]);
  sinks = argc > 3 ? atoi(argv[3]) : 0;
  if (count + sinks > MAX) return 2;
  memset(silence, 0xff, sizeof silence);
  for (int i = 0; i < (int)sizeof voice; i++) {
    double seconds = i / 8000.0, swing = 40 / M_PI * sin(2 * M_PI * 5 * seconds);
    voice[i] = mulaw((int)(6000 * sin(2 * M_PI * 400 * seconds + swing)));
  }
  int poll = epoll_create1(0);
  for (int i = 0; i < count + sinks; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    phones[i].fd = open_socket();
    phones[i].kind = '-';
    epoll_ctl(poll, EPOLL_CTL_ADD, phones[i].fd, &event);
  }
  struct itimerspec millisecond = {{0, 1000000}, {0, 1000000}};
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event in = {.events = EPOLLIN, .data.u32 = MAX}, tick = in;
  tick.data.u32 = MAX + 1;
  epoll_ctl(poll, EPOLL_CTL_ADD, 0, &in);
  if (!is_reflector) {
    timerfd_settime(timer, 0, &millisecond, NULL);
    epoll_ctl(poll, EPOLL_CTL_ADD, timer, &tick);
  }
  puts("ready");
  for (uint64_t now = 0;;) {
    struct epoll_event events[256];
    int ready = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      uint32_t what = events[i].data.u32;
      uint64_t due;
      if (what < MAX) drain(phones[what].fd);
      else if (what == MAX) read_commands();
      else if (read(timer, &due, sizeof due) == sizeof due)
        /* Phones share 20 phases, one a millisecond: no burst, as on a network. */
        for (; due > 0; due--, now++)
          for (int p = (int)(now % SLOTS); is_going && p < count; p += SLOTS)
            if (phones[p].kind != '-') send_one(&phones[p], p);
    }
  }
}
