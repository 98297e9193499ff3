/*
 * Many small writes in one job of libuv's thread pool. A job of its own for each costs more than the write does: a
 * thread is woken for it, and the main one again when it is done.
 *
 * Node-API only (ABI stable).
 */
#define _GNU_SOURCE
#define NAPI_VERSION 9
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

struct part {
  int fd;
  /* 0, or the number of the system's error. */
  int error;
  const uint8_t *bytes;
  size_t length;
};

struct job {
  napi_async_work work;
  napi_deferred deferred;
  /* The array of what is written, so that it stays where it is. */
  napi_ref kept;
  uint32_t count;
  struct part parts[];
};

static int append(const struct part *part) {
  for (size_t done = 0; done < part->length;) {
    ssize_t size = write(part->fd, part->bytes + done, part->length - done);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    done += (size_t)size;
  }
  return 0;
}

static void append_all(napi_env env, void *data) {
  (void)env;
  struct job *job = data;
  for (uint32_t i = 0; i < job->count; i++) job->parts[i].error = append(&job->parts[i]);
}

/* All are on their way before the first is waited for: a journal (ext4) takes them in one go. */
static void sync_all(napi_env env, void *data) {
  (void)env;
  struct job *job = data;
  for (uint32_t i = 0; i < job->count; i++) sync_file_range(job->parts[i].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  for (uint32_t i = 0; i < job->count; i++) job->parts[i].error = fdatasync(job->parts[i].fd) < 0 ? errno : 0;
}

static void complete(napi_env env, napi_status status, void *data) {
  struct job *job = data;
  napi_value buffer, errors;
  void *numbers;
  size_t bytes = job->count * sizeof(int32_t);
  if (napi_create_arraybuffer(env, bytes, &numbers, &buffer) == napi_ok &&
      napi_create_typedarray(env, napi_int32_array, job->count, buffer, 0, &errors) == napi_ok) {
    for (uint32_t i = 0; i < job->count; i++)
      ((int32_t *)numbers)[i] = status == napi_ok ? job->parts[i].error : ECANCELED;
    napi_resolve_deferred(env, job->deferred, errors);
  }
  if (job->kept) napi_delete_reference(env, job->kept);
  napi_delete_async_work(env, job->work);
  free(job);
}

static napi_value start(napi_env env, napi_callback_info info, bool is_append) {
  napi_value values[2], name, promise = NULL;
  size_t count = 2, length;
  int32_t *fds;
  napi_typedarray_type type;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  if (napi_get_typedarray_info(env, values[0], &type, &length, (void **)&fds, NULL, NULL) != napi_ok ||
      type != napi_int32_array)
    return NULL;
  struct job *job = calloc(1, sizeof *job + length * sizeof(struct part));
  if (!job) return NULL;
  job->count = (uint32_t)length;
  for (uint32_t i = 0; i < job->count; i++) {
    struct part *part = &job->parts[i];
    napi_value bytes;
    part->fd = fds[i];
    if (is_append && (napi_get_element(env, values[1], i, &bytes) != napi_ok ||
                      napi_get_typedarray_info(env, bytes, NULL, &part->length, (void **)&part->bytes, NULL, NULL) != napi_ok)) {
      free(job);
      return NULL;
    }
  }
  if (is_append) napi_create_reference(env, values[1], 1, &job->kept);
  napi_create_string_utf8(env, "switchroom-files", NAPI_AUTO_LENGTH, &name);
  napi_create_promise(env, &job->deferred, &promise);
  napi_create_async_work(env, NULL, name, is_append ? append_all : sync_all, complete, job, &job->work);
  napi_queue_async_work(env, job->work);
  return promise;
}

/* append(fds, buffers): a promise of an error's number for each, 0 for none. The files are open for appending. */
static napi_value append_files(napi_env env, napi_callback_info info) {
  return start(env, info, true);
}

/* sync(fds): brings what is in them to the disk (fdatasync). The same. */
static napi_value sync_files(napi_env env, napi_callback_info info) {
  return start(env, info, false);
}

static napi_value init(napi_env env, napi_value exports) {
  const napi_property_descriptor calls[] = {
      {.utf8name = "append", .method = append_files},
      {.utf8name = "sync", .method = sync_files},
  };
  napi_define_properties(env, exports, sizeof calls / sizeof *calls, calls);
  return exports;
}

NAPI_MODULE(files, init)
