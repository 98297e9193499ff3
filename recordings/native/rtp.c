/*
 * UDP sockets on loopback that nobody is woken for: the kernel keeps what comes, with the time at which it came, until it is
 * asked for. What a recorder with one small meeting costs is being woken for each packet, not the packet.
 *
 * Node-API only (ABI stable); no thread, no event loop.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 9
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A datagram of the SFU is below the MTU; what is longer is no RTP, and is left out. */
enum { MAX_DATAGRAM = 2048, AT_ONCE = 64 };
/* What `receive()` tells of a datagram: its length, and how long ago it came, in ms. */
enum { NUMBERS = 2 };
/* What the kernel charges a socket's buffer for a datagram of Opus: 832 bytes up to 150 or so, then 1280 (Linux 6.18). */
enum { CHARGE = 1280 };

struct rtp_socket {
  int fd;
};

static napi_value number(napi_env env, int32_t value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}

static void shut(struct rtp_socket *socket) {
  if (socket->fd >= 0) close(socket->fd);
  socket->fd = -1;
}

static void finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  shut(data);
  free(data);
}

/* The arguments of a call, the first of which is a socket; -1 for one that is closed, or none. */
static int arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  void *data;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  if (napi_get_value_external(env, values[0], &data) != napi_ok) return -1;
  return ((struct rtp_socket *)data)->fd;
}

/* open(bytes): a socket on any port of loopback with a buffer of so many bytes, if it may have them; or -errno. */
static napi_value open_socket(napi_env env, napi_callback_info info) {
  napi_value values[1], result;
  size_t count = 1;
  int32_t bytes = 0;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  napi_get_value_int32(env, values[0], &bytes);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return number(env, -errno);
  const int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct rtp_socket *made = malloc(sizeof *made);
  if (!made || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0 ||
      bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    int reason = errno;
    free(made);
    close(fd);
    return number(env, -reason);
  }
  made->fd = fd;
  if (napi_create_external(env, made, finalize, NULL, &result) == napi_ok) return result;
  finalize(env, made, NULL);
  return NULL;
}

/* close(socket): twice is silent. */
static napi_value close_socket(napi_env env, napi_callback_info info) {
  napi_value values[1];
  void *data;
  arguments(env, info, 1, values);
  if (napi_get_value_external(env, values[0], &data) == napi_ok) shut(data);
  return NULL;
}

/* port(socket): 0 once it is closed. */
static napi_value port_of(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int fd = arguments(env, info, 1, values);
  struct sockaddr_in address = {0};
  socklen_t length = sizeof address;
  getsockname(fd, (struct sockaddr *)&address, &length);
  return number(env, ntohs(address.sin_port));
}

/* room(socket): how many small datagrams its buffer keeps. */
static napi_value room_of(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int fd = arguments(env, info, 1, values), bytes = 0;
  socklen_t length = sizeof bytes;
  getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length);
  return number(env, bytes / CHARGE);
}

/* connect(socket, ip, port): from now on only this peer is heard. 0 or errno. */
static napi_value connect_socket(napi_env env, napi_callback_info info) {
  napi_value values[3];
  int fd = arguments(env, info, 3, values);
  char text[INET_ADDRSTRLEN + 1] = "";
  size_t size;
  int32_t port = 0;
  napi_get_value_string_utf8(env, values[1], text, sizeof text, &size);
  napi_get_value_int32(env, values[2], &port);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, text, &address.sin_addr) != 1) return number(env, EINVAL);
  return number(env, connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ? errno : 0);
}

/* send(socket, data): 0 or errno. */
static napi_value send_datagram(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int fd = arguments(env, info, 2, values);
  size_t size;
  void *data;
  if (napi_get_typedarray_info(env, values[1], NULL, &size, &data, NULL, NULL) != napi_ok) return number(env, EINVAL);
  return number(env, send(fd, data, size, MSG_NOSIGNAL) < 0 ? errno : 0);
}

/* How long ago the kernel took a datagram in, in ms; 0 where it does not tell. */
static double age_of(struct msghdr *head, const struct timespec *now) {
  for (struct cmsghdr *one = CMSG_FIRSTHDR(head); one; one = CMSG_NXTHDR(head, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec came;
    memcpy(&came, CMSG_DATA(one), sizeof came);
    return (double)(now->tv_sec - came.tv_sec) * 1e3 + (double)(now->tv_nsec - came.tv_nsec) / 1e6;
  }
  return 0;
}

/*
 * receive(socket, bytes, offset, numbers): takes what has come, as far as there is room for in both. Datagrams lie in `bytes`
 * one behind the other from `offset` on, `numbers` tells of each. Gives how many.
 */
static napi_value receive(napi_env env, napi_callback_info info) {
  static _Thread_local struct {
    uint8_t bytes[MAX_DATAGRAM];
    uint8_t control[CMSG_SPACE(sizeof(struct timespec))];
  } slots[AT_ONCE];
  napi_value values[4];
  int fd = arguments(env, info, 4, values);
  size_t room, places;
  uint8_t *bytes;
  double *numbers;
  uint32_t at = 0;
  if (napi_get_typedarray_info(env, values[1], NULL, &room, (void **)&bytes, NULL, NULL) != napi_ok ||
      napi_get_typedarray_info(env, values[3], NULL, &places, (void **)&numbers, NULL, NULL) != napi_ok)
    return number(env, 0);
  napi_get_value_uint32(env, values[2], &at);
  int32_t count = 0;
  for (places /= NUMBERS;;) {
    /* However long they are, there is room for as many as are asked for. */
    size_t wanted = at < room ? (room - at) / MAX_DATAGRAM : 0;
    if (wanted > places) wanted = places;
    if (wanted > AT_ONCE) wanted = AT_ONCE;
    if (wanted == 0) break;
    struct mmsghdr heads[AT_ONCE];
    struct iovec parts[AT_ONCE];
    for (size_t i = 0; i < wanted; i++) {
      parts[i] = (struct iovec){slots[i].bytes, MAX_DATAGRAM};
      heads[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1, .msg_control = slots[i].control,
                                         .msg_controllen = sizeof slots[i].control};
    }
    int got = recvmmsg(fd, heads, (unsigned)wanted, MSG_DONTWAIT, NULL);
    /* The peer's port is gone: an error of what we sent, told once, and no reason to stop. */
    if (got < 0 && (errno == ECONNREFUSED || errno == EINTR)) continue;
    if (got <= 0) break;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    for (int i = 0; i < got; i++) {
      size_t length = heads[i].msg_len;
      if (heads[i].msg_hdr.msg_flags & MSG_TRUNC) continue;
      memcpy(bytes + at, slots[i].bytes, length);
      at += (uint32_t)length;
      *numbers++ = (double)length;
      *numbers++ = age_of(&heads[i].msg_hdr, &now);
      count++;
      places--;
    }
    if ((size_t)got < wanted) break;
  }
  return number(env, count);
}

static napi_value init(napi_env env, napi_value exports) {
  const napi_property_descriptor calls[] = {
      {.utf8name = "open", .method = open_socket},
      {.utf8name = "close", .method = close_socket},
      {.utf8name = "port", .method = port_of},
      {.utf8name = "room", .method = room_of},
      {.utf8name = "connect", .method = connect_socket},
      {.utf8name = "send", .method = send_datagram},
      {.utf8name = "receive", .method = receive},
  };
  napi_define_properties(env, exports, sizeof calls / sizeof *calls, calls);
  return exports;
}

NAPI_MODULE(rtp, init)
