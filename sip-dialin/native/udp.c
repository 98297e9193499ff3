/*
 * UDP sockets for phone media, many of them in one thread, with one call into JavaScript for all that has come.
 *
 * node:dgram makes a request object and a buffer for each packet and enters JavaScript for each of them: that costs more
 * than the packet itself. Here all sockets of a thread are in one epoll set, which libuv watches as it would one socket;
 * JavaScript then takes whatever lies in any of them by `receive()`.
 *
 * Node-API only (ABI stable), and of libuv what `node` exports: its handles are opaque here and their size is asked for at
 * run time, so no header of libuv is needed and none can be of the wrong version.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 9
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* libuv 1.x (uv.h): its ABI is stable within version 1. */
typedef struct uv_poll_s uv_poll_t;
typedef struct uv_handle_s uv_handle_t;
typedef void (*uv_poll_cb)(uv_poll_t *, int status, int events);
typedef struct uv_timer_s uv_timer_t;
enum { UV_POLL = 8, UV_TIMER = 13, UV_READABLE = 1 };
extern size_t uv_handle_size(int type);
extern int uv_poll_init(struct uv_loop_s *, uv_poll_t *, int fd);
extern int uv_poll_start(uv_poll_t *, int events, uv_poll_cb);
extern int uv_poll_stop(uv_poll_t *);
extern int uv_timer_init(struct uv_loop_s *, uv_timer_t *);
extern int uv_timer_start(uv_timer_t *, void (*)(uv_timer_t *), uint64_t ms, uint64_t repeat);
extern int uv_timer_stop(uv_timer_t *);
extern uint64_t uv_now(const struct uv_loop_s *);
extern void uv_close(uv_handle_t *, void (*)(uv_handle_t *));
extern void uv_handle_set_data(uv_handle_t *, void *);
extern void *uv_handle_get_data(const uv_handle_t *);
extern void uv_ref(uv_handle_t *);
extern void uv_unref(uv_handle_t *);

/* A datagram of ours is below the MTU; what is longer is cut, and is no RTP. */
enum { MAX_DATAGRAM = 2048, MAX_EVENTS = 64 };
/* See moderate(). */
enum { WINDOW_MS = 50, BUSY_COUNT = 2 * WINDOW_MS };
/* What `receive()` tells of a datagram, in 32-bit words: socket, offset, length or -errno, source port, family, address. */
enum { WORDS = 9 };

struct thread {
  napi_env env;
  int epoll;
  /* The sockets that are open. */
  int *sockets;
  size_t open, room;
  struct uv_loop_s *loop;
  uv_poll_t *poll;
  uv_timer_t *timer;
  /* Datagrams since then. */
  uint64_t since;
  uint32_t count;
  napi_ref on_readable;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
};

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static bool keep(struct thread *thread, int fd) {
  if (thread->open == thread->room) {
    size_t room = thread->room ? 2 * thread->room : 64;
    int *sockets = realloc(thread->sockets, room * sizeof *sockets);
    if (!sockets) return false;
    thread->sockets = sockets;
    thread->room = room;
  }
  thread->sockets[thread->open] = fd;
  /* An open socket keeps the program running, as one of node:dgram does. */
  if (thread->open++ == 0) {
    uv_ref((uv_handle_t *)thread->poll);
    uv_ref((uv_handle_t *)thread->timer);
  }
  return true;
}

static napi_value number(napi_env env, int32_t value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}

static struct thread *arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  void *data;
  napi_get_cb_info(env, info, &count, values, NULL, &data);
  return data;
}

static int integer(napi_env env, napi_value value) {
  int32_t result = 0;
  napi_get_value_int32(env, value, &result);
  return result;
}

/* False for what is no IP address. */
static bool parse_address(napi_env env, napi_value ip, int port, union address *address, socklen_t *length) {
  char text[INET6_ADDRSTRLEN + 1];
  size_t size;
  if (napi_get_value_string_utf8(env, ip, text, sizeof text, &size) != napi_ok) return false;
  memset(address, 0, sizeof *address);
  if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = htons((uint16_t)port);
    *length = sizeof address->v4;
    return true;
  }
  if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) != 1) return false;
  address->v6.sin6_family = AF_INET6;
  address->v6.sin6_port = htons((uint16_t)port);
  *length = sizeof address->v6;
  return true;
}

/* open(ip, port): a bound socket, or -errno. */
static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value values[2];
  struct thread *thread = arguments(env, info, 2, values);
  union address address;
  socklen_t length;
  if (!parse_address(env, values[0], integer(env, values[1]), &address, &length)) return number(env, -EINVAL);
  int fd = socket(address.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return number(env, -errno);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (bind(fd, &address.any, length) < 0 || epoll_ctl(thread->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ||
      !keep(thread, fd)) {
    int reason = errno;
    close(fd);
    return number(env, -reason);
  }
  return number(env, fd);
}

/* close(socket) */
static napi_value close_socket(napi_env env, napi_callback_info info) {
  napi_value values[1];
  struct thread *thread = arguments(env, info, 1, values);
  int fd = integer(env, values[0]);
  for (size_t i = 0; i < thread->open; i++) {
    if (thread->sockets[i] != fd) continue;
    close(fd);
    thread->sockets[i] = thread->sockets[--thread->open];
    if (thread->open == 0) {
      uv_unref((uv_handle_t *)thread->poll);
      uv_unref((uv_handle_t *)thread->timer);
    }
    break;
  }
  return NULL;
}

/* connect(socket, ip, port), or connect(socket) to no one: 0 or errno. */
static napi_value connect_socket(napi_env env, napi_callback_info info) {
  napi_value values[3];
  arguments(env, info, 3, values);
  union address address = {.any.sa_family = AF_UNSPEC};
  socklen_t length = sizeof address.any;
  napi_valuetype type;
  napi_typeof(env, values[1], &type);
  if (type != napi_undefined && !parse_address(env, values[1], integer(env, values[2]), &address, &length))
    return number(env, EINVAL);
  return number(env, connect(integer(env, values[0]), &address.any, length) < 0 ? errno : 0);
}

/* local(socket): [ip, port]; undefined where it has none. */
static napi_value local_address(napi_env env, napi_callback_info info) {
  napi_value values[1], result, ip;
  arguments(env, info, 1, values);
  union address address;
  socklen_t length = sizeof address;
  if (getsockname(integer(env, values[0]), &address.any, &length) < 0) return NULL;
  bool is_v4 = address.any.sa_family == AF_INET;
  char text[INET6_ADDRSTRLEN];
  inet_ntop(address.any.sa_family, is_v4 ? (void *)&address.v4.sin_addr : (void *)&address.v6.sin6_addr, text, sizeof text);
  napi_create_array_with_length(env, 2, &result);
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &ip);
  napi_set_element(env, result, 0, ip);
  napi_set_element(env, result, 1, number(env, ntohs(is_v4 ? address.v4.sin_port : address.v6.sin6_port)));
  return result;
}

/* ip(words, at): the address that `receive()` told there. */
static napi_value write_address(napi_env env, napi_callback_info info) {
  napi_value values[2], result;
  arguments(env, info, 2, values);
  int32_t *words;
  size_t length;
  size_t at = (size_t)integer(env, values[1]);
  char text[INET6_ADDRSTRLEN] = "";
  if (napi_get_typedarray_info(env, values[0], NULL, &length, (void **)&words, NULL, NULL) == napi_ok &&
      at + WORDS <= length)
    inet_ntop(words[at + 4] == 4 ? AF_INET : AF_INET6, words + at + 5, text, sizeof text);
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

/* send(socket, data), or send(socket, data, ip, port): 0 or errno. */
static napi_value send_datagram(napi_env env, napi_callback_info info) {
  napi_value values[4];
  size_t count = 4, size;
  void *data;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  if (napi_get_typedarray_info(env, values[1], NULL, &size, &data, NULL, NULL) != napi_ok) return number(env, EINVAL);
  union address address;
  socklen_t length = 0;
  if (count > 2 && !parse_address(env, values[2], integer(env, values[3]), &address, &length))
    return number(env, EINVAL);
  ssize_t sent = sendto(integer(env, values[0]), data, size, MSG_NOSIGNAL, length ? &address.any : NULL, length);
  return number(env, sent < 0 ? errno : 0);
}

static int32_t *describe(int32_t *words, int fd, int32_t offset, int32_t length, const union address *from) {
  words[0] = fd;
  words[1] = offset;
  words[2] = length;
  if (length >= 0 && from->any.sa_family == AF_INET) {
    words[3] = ntohs(from->v4.sin_port);
    words[4] = 4;
    memcpy(words + 5, &from->v4.sin_addr, 4);
  } else if (length >= 0) {
    words[3] = ntohs(from->v6.sin6_port);
    words[4] = 6;
    memcpy(words + 5, &from->v6.sin6_addr, 16);
  }
  return words + WORDS;
}

/*
 * receive(bytes, offset, words): takes what lies in the sockets, one datagram of each at a time, until there is nothing
 * more, or no room in either. Gives how many; each is told in `words`, its bytes lie in `bytes` from `offset` on.
 */
static napi_value receive(napi_env env, napi_callback_info info) {
  napi_value values[3];
  struct thread *thread = arguments(env, info, 3, values);
  size_t room, places;
  uint8_t *bytes;
  int32_t *words;
  if (napi_get_typedarray_info(env, values[0], NULL, &room, (void **)&bytes, NULL, NULL) != napi_ok ||
      napi_get_typedarray_info(env, values[2], NULL, &places, (void **)&words, NULL, NULL) != napi_ok)
    return number(env, 0);
  size_t at = (size_t)integer(env, values[1]);
  int32_t count = 0;
  places /= WORDS;
  struct epoll_event events[MAX_EVENTS];
  /* What is not read stays in its socket: the next call finds it. */
  while (places > 0 && at + MAX_DATAGRAM <= room) {
    int wanted = places < MAX_EVENTS ? (int)places : MAX_EVENTS;
    int ready = epoll_wait(thread->epoll, events, wanted, 0);
    for (int i = 0; i < ready && at + MAX_DATAGRAM <= room; i++) {
      union address from;
      socklen_t length = sizeof from;
      int fd = events[i].data.fd;
      ssize_t size = recvfrom(fd, bytes + at, MAX_DATAGRAM, 0, &from.any, &length);
      if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      words = describe(words, fd, (int32_t)at, size < 0 ? -errno : (int32_t)size, &from);
      count++;
      places--;
      /* Aligned for whoever reads words; nothing where nothing came. */
      if (size > 0) at = (at + (size_t)size + 7) & ~(size_t)7;
    }
    if (ready < wanted) break;
  }
  thread->count += (uint32_t)count;
  return number(env, count);
}

/* Calls the JavaScript that takes what came. */
static void deliver(struct thread *thread) {
  napi_env env = thread->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback, self, result;
  napi_get_reference_value(env, thread->on_readable, &callback);
  napi_get_global(env, &self);
  if (napi_make_callback(env, thread->context, self, callback, 0, NULL, &result) == napi_pending_exception) {
    napi_value error;
    napi_valuetype type;
    /* Of a thread that is being ended this is the answer, too, and there is no exception then: to report one would crash. */
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok && napi_typeof(env, error, &type) == napi_ok &&
        type != napi_undefined && type != napi_null)
      napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

static void on_readable(uv_poll_t *poll, int status, int events);
static void on_time(uv_timer_t *timer);

/*
 * Where datagrams come more often than every half millisecond, as from 40 phones, the thread would be woken for each: then
 * it is not woken at all, and looks once a millisecond, and takes some at a time.
 */
static void moderate(struct thread *thread, bool is_timed) {
  uint64_t now = uv_now(thread->loop);
  if (now - thread->since < WINDOW_MS) return;
  bool is_busy = thread->count >= BUSY_COUNT;
  thread->count = 0;
  thread->since = now;
  if (is_busy == is_timed) return;
  if (is_busy) {
    uv_poll_stop(thread->poll);
    uv_timer_start(thread->timer, on_time, 1, 1);
  } else {
    uv_timer_stop(thread->timer);
    uv_poll_start(thread->poll, UV_READABLE, on_readable);
  }
}

static void on_time(uv_timer_t *timer) {
  struct thread *thread = uv_handle_get_data((uv_handle_t *)timer);
  deliver(thread);
  moderate(thread, true);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  (void)status;
  (void)events;
  struct thread *thread = uv_handle_get_data((uv_handle_t *)poll);
  deliver(thread);
  moderate(thread, false);
}

static void on_timer_closed(uv_handle_t *handle) {
  struct thread *thread = uv_handle_get_data(handle);
  napi_remove_async_cleanup_hook(thread->cleanup);
  close(thread->epoll);
  free(thread->poll);
  free(thread->timer);
  free(thread);
}

static void on_poll_closed(uv_handle_t *handle) {
  struct thread *thread = uv_handle_get_data(handle);
  uv_close((uv_handle_t *)thread->timer, on_timer_closed);
}

/* The thread ends, perhaps without a word: its ports are free from now on, and its loop has no handle of ours left. */
static void clean_up(napi_async_cleanup_hook_handle hook, void *data) {
  struct thread *thread = data;
  (void)hook;
  while (thread->open > 0) close(thread->sockets[--thread->open]);
  free(thread->sockets);
  uv_poll_stop(thread->poll);
  uv_timer_stop(thread->timer);
  uv_close((uv_handle_t *)thread->poll, on_poll_closed);
}

/* watch(onReadable): called whenever there is something to receive. Once a thread. */
static napi_value watch(napi_env env, napi_callback_info info) {
  napi_value values[1], name;
  struct thread *thread = arguments(env, info, 1, values);
  napi_create_reference(env, values[0], 1, &thread->on_readable);
  napi_create_string_utf8(env, "switchroom-udp", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, NULL, name, &thread->context);
  uv_poll_start(thread->poll, UV_READABLE, on_readable);
  return NULL;
}

static napi_value init(napi_env env, napi_value exports) {
  struct uv_loop_s *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return exports;
  struct thread *thread = calloc(1, sizeof *thread);
  thread->env = env;
  thread->epoll = epoll_create1(EPOLL_CLOEXEC);
  thread->loop = loop;
  thread->poll = calloc(1, uv_handle_size(UV_POLL));
  thread->timer = calloc(1, uv_handle_size(UV_TIMER));
  if (thread->epoll < 0 || uv_poll_init(loop, thread->poll, thread->epoll) < 0 ||
      uv_timer_init(loop, thread->timer) < 0) {
    napi_throw_error(env, "EMFILE", "No epoll set can be made.");
    return NULL;
  }
  uv_handle_set_data((uv_handle_t *)thread->poll, thread);
  uv_handle_set_data((uv_handle_t *)thread->timer, thread);
  uv_unref((uv_handle_t *)thread->poll);
  uv_unref((uv_handle_t *)thread->timer);
  napi_add_async_cleanup_hook(env, clean_up, thread, &thread->cleanup);
  const napi_property_descriptor calls[] = {
      {.utf8name = "watch", .method = watch, .data = thread},
      {.utf8name = "open", .method = open_socket, .data = thread},
      {.utf8name = "close", .method = close_socket, .data = thread},
      {.utf8name = "connect", .method = connect_socket, .data = thread},
      {.utf8name = "local", .method = local_address, .data = thread},
      {.utf8name = "send", .method = send_datagram, .data = thread},
      {.utf8name = "receive", .method = receive, .data = thread},
      {.utf8name = "ip", .method = write_address, .data = thread},
  };
  napi_define_properties(env, exports, sizeof calls / sizeof *calls, calls);
  return exports;
}

NAPI_MODULE(udp, init)
