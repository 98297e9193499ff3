/*
 * libopus for Node.js: one encoder or decoder a handle, mono, 16-bit PCM. What is wrong with an argument is told as one of
 * libopus' own negative codes (opus_defines.h), and src/native.ts makes an error of it.
 *
 * Node-API only (ABI stable), and no state but in the handles: each thread may load it.
 */
#define NAPI_VERSION 9
#include <node_api.h>
#include <opus/opus.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* One of them is there, until it is freed. */
struct codec {
  OpusEncoder *encoder;
  OpusDecoder *decoder;
};

static void free_codec(struct codec *codec) {
  if (codec->encoder) opus_encoder_destroy(codec->encoder);
  if (codec->decoder) opus_decoder_destroy(codec->decoder);
  codec->encoder = NULL;
  codec->decoder = NULL;
}

static void finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  free_codec(data);
  free(data);
}

static napi_value number(napi_env env, int32_t value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}

static int integer(napi_env env, napi_value value) {
  int32_t result = 0;
  napi_get_value_int32(env, value, &result);
  return result;
}

static void arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
}

/* NULL for what is no handle of ours. */
static struct codec *codec_of(napi_env env, napi_value value) {
  void *data = NULL;
  return napi_get_value_external(env, value, &data) == napi_ok ? data : NULL;
}

/* Whole elements of a typed array of this kind; false for anything else. */
static bool array(napi_env env, napi_value value, napi_typedarray_type wanted, void **data, size_t *length) {
  napi_typedarray_type type;
  bool is_array = false;
  if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array) return false;
  return napi_get_typedarray_info(env, value, &type, length, data, NULL, NULL) == napi_ok && type == wanted;
}

static napi_value handle(napi_env env, OpusEncoder *encoder, OpusDecoder *decoder, int error) {
  struct codec *codec = error == OPUS_OK ? calloc(1, sizeof *codec) : NULL;
  if (!codec) {
    if (encoder) opus_encoder_destroy(encoder);
    if (decoder) opus_decoder_destroy(decoder);
    return number(env, error == OPUS_OK ? OPUS_ALLOC_FAIL : error);
  }
  codec->encoder = encoder;
  codec->decoder = decoder;
  napi_value result;
  if (napi_create_external(env, codec, finalize, NULL, &result) == napi_ok) return result;
  finalize(env, codec, NULL);
  return number(env, OPUS_ALLOC_FAIL);
}

/* encoder(sampleRate, application): a handle, or a negative code. */
static napi_value create_encoder(napi_env env, napi_callback_info info) {
  napi_value values[2];
  arguments(env, info, 2, values);
  int error = OPUS_INTERNAL_ERROR;
  OpusEncoder *encoder = opus_encoder_create(integer(env, values[0]), 1, integer(env, values[1]), &error);
  return handle(env, encoder, NULL, error);
}

/* decoder(sampleRate): a handle, or a negative code. */
static napi_value create_decoder(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments(env, info, 1, values);
  int error = OPUS_INTERNAL_ERROR;
  OpusDecoder *decoder = opus_decoder_create(integer(env, values[0]), 1, &error);
  return handle(env, NULL, decoder, error);
}

/* free(handle): twice is silent. */
static napi_value free_handle(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments(env, info, 1, values);
  struct codec *codec = codec_of(env, values[0]);
  if (codec) free_codec(codec);
  return NULL;
}

/* set(encoder, request, value): OPUS_SET_... by number (opus_defines.h); 0 or a negative code. */
static napi_value set(napi_env env, napi_callback_info info) {
  napi_value values[3];
  arguments(env, info, 3, values);
  struct codec *codec = codec_of(env, values[0]);
  if (!codec || !codec->encoder) return number(env, OPUS_INVALID_STATE);
  int request = integer(env, values[1]);
  /* What asks for something takes a pointer, and is odd. */
  if (request < OPUS_SET_APPLICATION_REQUEST || request % 2 != 0) return number(env, OPUS_UNIMPLEMENTED);
  return number(env, opus_encoder_ctl(codec->encoder, request, (opus_int32)integer(env, values[2])));
}

/* lookahead(encoder): samples at its rate, or a negative code. */
static napi_value lookahead(napi_env env, napi_callback_info info) {
  napi_value values[1];
  arguments(env, info, 1, values);
  struct codec *codec = codec_of(env, values[0]);
  if (!codec || !codec->encoder) return number(env, OPUS_INVALID_STATE);
  opus_int32 samples = 0;
  int error = opus_encoder_ctl(codec->encoder, OPUS_GET_LOOKAHEAD(&samples));
  return number(env, error == OPUS_OK ? samples : error);
}

/* encode(encoder, pcm, packet): bytes written to `packet`, or a negative code. */
static napi_value encode(napi_env env, napi_callback_info info) {
  napi_value values[3];
  arguments(env, info, 3, values);
  struct codec *codec = codec_of(env, values[0]);
  if (!codec || !codec->encoder) return number(env, OPUS_INVALID_STATE);
  void *pcm, *packet;
  size_t samples, room;
  if (!array(env, values[1], napi_int16_array, &pcm, &samples) || !array(env, values[2], napi_uint8_array, &packet, &room))
    return number(env, OPUS_BAD_ARG);
  return number(env, opus_encode(codec->encoder, pcm, (int)samples, packet, (opus_int32)room));
}

/*
 * decode(decoder, packet, pcm, fec): samples written to `pcm`, or a negative code. Without a packet, or with `fec` 1 (what
 * it tells of the packet before it), `pcm` is filled, whose length is then a multiple of 2.5 ms.
 */
static napi_value decode(napi_env env, napi_callback_info info) {
  napi_value values[4];
  arguments(env, info, 4, values);
  struct codec *codec = codec_of(env, values[0]);
  if (!codec || !codec->decoder) return number(env, OPUS_INVALID_STATE);
  void *packet = NULL, *pcm;
  size_t bytes = 0, room;
  napi_valuetype type;
  napi_typeof(env, values[1], &type);
  bool is_there = type != napi_null && type != napi_undefined;
  if (is_there && !array(env, values[1], napi_uint8_array, &packet, &bytes)) return number(env, OPUS_BAD_ARG);
  /* To libopus a packet of no bytes is one that was lost. */
  if (is_there && bytes == 0) return number(env, OPUS_INVALID_PACKET);
  if (!array(env, values[2], napi_int16_array, &pcm, &room)) return number(env, OPUS_BAD_ARG);
  return number(env, opus_decode(codec->decoder, packet, (opus_int32)bytes, pcm, (int)room, integer(env, values[3])));
}

/* message(code): libopus' words for a negative code. */
static napi_value message(napi_env env, napi_callback_info info) {
  napi_value values[1], result;
  arguments(env, info, 1, values);
  napi_create_string_utf8(env, opus_strerror(integer(env, values[0])), NAPI_AUTO_LENGTH, &result);
  return result;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor calls[] = {
      {.utf8name = "encoder", .method = create_encoder},
      {.utf8name = "decoder", .method = create_decoder},
      {.utf8name = "free", .method = free_handle},
      {.utf8name = "set", .method = set},
      {.utf8name = "lookahead", .method = lookahead},
      {.utf8name = "encode", .method = encode},
      {.utf8name = "decode", .method = decode},
      {.utf8name = "message", .method = message},
  };
  napi_define_properties(env, exports, sizeof calls / sizeof *calls, calls);
  return exports;
}
