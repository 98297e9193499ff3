/*
 * Phones that measure, in C and at real-time priority, so that what they measure is Switchroom and not a garbage
 * collector or a neighbour. They do no more than send G.711 on time and write down what came when.
 *
 *   wirephones N     N phones, each a UDP socket that sends 50 packets of 20 ms a second
 *
 * It prints its ports, one a line, then `ready fifo` or `ready ordinary` (real-time priority was not permitted).
 * Commands on standard input:
 *   to I PORT PHASE  phone I sends to this port of 127.0.0.1, PHASE microseconds (0 to 19999) after the others' common
 *                    beat; until it is told to say something, silence
 *   say I PATH       says the file (mu-law, whole packets) over and over, from the next packet on; `-`: silence
 *   note I           from now on all packets of phone I are written down
 *   off I            phone I sends nothing more, and nothing of it is written down
 *   dump PATH        writes what was noted to a file, forgets it, and prints `dumped N`
 * It ends with its standard input. Loopback only.
 *
 * A note is 24 bytes and then the packet, in the machine's byte order:
 *   kind u8, phone u8, size of the packet u16, 4 bytes of nothing, at i64, due i64 (ns of CLOCK_REALTIME)
 *   's'  sent: `at` is just before send(), `due` when it should have been
 *   'r'  received: `at` is when the kernel had it (SO_TIMESTAMPNS), `due` when this program read it
 *   'l'  late: a timer of a thread on core `phone`, at real-time priority, that was due at `due` ran at `at`. On that
 *        core nothing ran in between, or nothing that can be helped: the machine itself stood still.
 *   'o'  the same of one thread at ordinary priority on any core: others had the machine.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 12, SAMPLES = 160, PACKET = HEADER + SAMPLES, MAX = 16, CORES = 64, PRIORITY = 50 };
/* A packet each 20 ms; a watch looks each ms and writes down from 1 ms on, so much of it at most. */
static const int64_t FRAME = 20000000, LOOK = 1000000;
enum { LATES = 200000 };
/* Reserved, not used: half an hour of two phones is about 70 MB. */
static const size_t ROOM = (size_t)1 << 30;

struct note {
  uint8_t kind, phone;
  uint16_t size;
  uint32_t nothing;
  int64_t at, due;
};

struct phone {
  int fd, is_on, is_noted;
  uint16_t sequence;
  uint32_t timestamp;
  int64_t due; /* CLOCK_MONOTONIC, ns */
  unsigned char *voice;
  size_t size, position;
};

/* Each thread has its own, and writes it alone: `count` is published last. */
struct watch {
  int core;
  uint8_t kind;
  struct note *lates;
  int count;
};

static struct phone phones[MAX];
static struct watch watches[CORES + 1];
static int count, watching;
static int64_t beat;
static unsigned char silence[SAMPLES], *notes;
static size_t used;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static struct timespec timespec_of(int64_t ns) {
  return (struct timespec){ns / 1000000000, ns % 1000000000};
}

static void note(char kind, int phone, int64_t at, int64_t due, const void *packet, size_t size) {
  struct note head = {(uint8_t)kind, (uint8_t)phone, (uint16_t)size, 0, at, due};
  if (used + sizeof head + size > ROOM) return;
  memcpy(notes + used, &head, sizeof head);
  memcpy(notes + used + sizeof head, packet, size);
  used += sizeof head + size;
}

static int open_socket(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int on = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0) die("socket");
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0) die("SO_TIMESTAMPNS");
  getsockname(fd, (struct sockaddr *)&address, &length);
  printf("%d\n", ntohs(address.sin_port));
  return fd;
}

/* Sends what is due, all of it, so that the stream is whole however late we are. */
static void send_due(struct phone *phone, int index) {
  for (; phone->is_on && now(CLOCK_MONOTONIC) >= phone->due; phone->due += FRAME) {
    unsigned char packet[PACKET] = {0x80, 0};
    uint16_t sequence = htons(phone->sequence++);
    uint32_t timestamp = htonl(phone->timestamp), ssrc = htonl(0x20000000u + (uint32_t)index);
    memcpy(packet + 2, &sequence, 2);
    memcpy(packet + 4, &timestamp, 4);
    memcpy(packet + 8, &ssrc, 4);
    memcpy(packet + HEADER, phone->voice ? phone->voice + phone->position : silence, SAMPLES);
    if (phone->voice) phone->position = (phone->position + SAMPLES) % phone->size;
    phone->timestamp += SAMPLES;
    int64_t late = now(CLOCK_MONOTONIC) - phone->due, at = now(CLOCK_REALTIME);
    send(phone->fd, packet, PACKET, 0);
    if (phone->is_noted) note('s', index, at, at - late, packet, PACKET);
  }
}

static void drain(struct phone *phone, int index) {
  for (;;) {
    unsigned char packet[2048], control[256];
    struct iovec part = {packet, sizeof packet};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t size = recvmsg(phone->fd, &message, 0);
    if (size < 0 && errno == ECONNREFUSED) continue; /* The port is not open yet, or no more. */
    if (size < 0) return;
    int64_t read_at = now(CLOCK_REALTIME), at = read_at;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
      struct timespec stamp;
      memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
      at = stamp.tv_sec * 1000000000LL + stamp.tv_nsec;
    }
    if (phone->is_noted) note('r', index, at, read_at, packet, (size_t)size);
  }
}

static void say(struct phone *phone, const char *path) {
  free(phone->voice);
  phone->voice = NULL;
  phone->size = phone->position = 0;
  if (strcmp(path, "-") == 0) return;
  FILE *file = fopen(path, "rb");
  if (!file) die(path);
  fseek(file, 0, SEEK_END);
  phone->size = (size_t)ftell(file) / SAMPLES * SAMPLES;
  rewind(file);
  phone->voice = malloc(phone->size);
  if (!phone->voice || fread(phone->voice, 1, phone->size, file) != phone->size) die(path);
  fclose(file);
}

static void dump(const char *path) {
  FILE *file = fopen(path, "wb");
  if (!file) die(path);
  fwrite(notes, 1, used, file);
  for (int i = 0; i < watching; i++) {
    int size = __atomic_load_n(&watches[i].count, __ATOMIC_ACQUIRE);
    fwrite(watches[i].lates, sizeof(struct note), (size_t)size, file);
  }
  if (fclose(file) != 0) die(path);
  printf("dumped %zu\n", used);
  used = 0;
}

static void command(char *line) {
  int index = -1, port, phase;
  char path[4096];
  if (sscanf(line, "dump %4095s", path) == 1) {
    dump(path);
    return;
  }
  if (sscanf(line, "%*s %d", &index) != 1 || index < 0 || index >= count) return;
  struct phone *phone = &phones[index];
  if (sscanf(line, "to %*d %d %d", &port, &phase) == 2) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(phone->fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
    int64_t passed = (now(CLOCK_MONOTONIC) - beat) / FRAME;
    phone->due = beat + (passed + 1) * FRAME + phase * 1000LL;
    phone->is_on = 1;
  } else if (sscanf(line, "say %*d %4095s", path) == 1) {
    say(phone, path);
  } else if (strncmp(line, "note ", 5) == 0) {
    phone->is_noted = 1;
  } else if (strncmp(line, "off ", 4) == 0) {
    phone->is_on = phone->is_noted = 0;
    say(phone, "-");
  }
}

static void read_commands(void) {
  static char text[1 << 16];
  static size_t filled;
  ssize_t size = read(0, text + filled, sizeof text - filled - 1);
  if (size <= 0) exit(0);
  filled += (size_t)size;
  text[filled] = 0;
  char *line = text, *end;
  for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
    *end = 0;
    command(line);
  }
  filled = strlen(line);
  memmove(text, line, filled + 1);
}

static void *look(void *argument) {
  struct watch *watch = argument;
  for (int64_t due = now(CLOCK_MONOTONIC) + LOOK;; due += LOOK) {
    struct timespec until = timespec_of(due);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR);
    int64_t late = now(CLOCK_MONOTONIC) - due, at = now(CLOCK_REALTIME);
    if (late < LOOK) continue;
    if (watch->count < LATES) {
      watch->lates[watch->count] = (struct note){watch->kind, (uint8_t)watch->core, 0, 0, at, at - late};
      __atomic_store_n(&watch->count, watch->count + 1, __ATOMIC_RELEASE);
    }
    due += late / LOOK * LOOK; /* What was slept through is not looked at again. */
  }
  return NULL;
}

static void watch_core(int core, char kind, int is_real_time) {
  struct watch *watch = &watches[watching++];
  pthread_attr_t attributes;
  pthread_t thread;
  struct sched_param priority = {is_real_time ? PRIORITY + 1 : 0};
  *watch = (struct watch){core, (uint8_t)kind, calloc(LATES, sizeof(struct note)), 0};
  pthread_attr_init(&attributes);
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, is_real_time ? SCHED_FIFO : SCHED_OTHER);
  pthread_attr_setschedparam(&attributes, &priority);
  if (kind == 'l') {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    pthread_attr_setaffinity_np(&attributes, sizeof one, &one);
  }
  if (pthread_create(&thread, &attributes, look, watch) != 0) die("pthread_create");
}

int main(int argc, char **argv) {
  count = argc > 1 ? atoi(argv[1]) : 0;
  if (count < 1 || count > MAX) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  memset(silence, 0xff, sizeof silence);
  notes = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (notes == MAP_FAILED) die("mmap");
  int poll = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  for (int i = 0; i < count; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    phones[i].fd = open_socket();
    epoll_ctl(poll, EPOLL_CTL_ADD, phones[i].fd, &event);
  }
  struct epoll_event in = {.events = EPOLLIN, .data.u32 = MAX}, tick = in;
  tick.data.u32 = MAX + 1;
  epoll_ctl(poll, EPOLL_CTL_ADD, 0, &in);
  epoll_ctl(poll, EPOLL_CTL_ADD, timer, &tick);
  struct sched_param priority = {PRIORITY};
  int is_real_time = sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
  cpu_set_t cores;
  sched_getaffinity(0, sizeof cores, &cores);
  for (int core = 0; core < CORES; core++)
    if (CPU_ISSET(core, &cores)) watch_core(core, 'l', is_real_time);
  watch_core(0, 'o', 0);
  beat = now(CLOCK_MONOTONIC);
  printf("ready %s\n", is_real_time ? "fifo" : "ordinary");
  for (;;) {
    int64_t next = INT64_MAX;
    for (int i = 0; i < count; i++)
      if (phones[i].is_on && phones[i].due < next) next = phones[i].due;
    struct itimerspec until = {{0, 0}, next == INT64_MAX ? (struct timespec){0, 0} : timespec_of(next)};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &until, NULL);
    struct epoll_event events[MAX + 2];
    int ready = epoll_wait(poll, events, MAX + 2, -1);
    for (int i = 0; i < count; i++) send_due(&phones[i], i);
    for (int i = 0; i < ready; i++) {
      uint32_t what = events[i].data.u32;
      if (what < MAX) drain(&phones[what], (int)what);
      else if (what == MAX) read_commands();
    }
  }
}
