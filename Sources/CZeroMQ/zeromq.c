/* libzmq, loaded when the first of its functions is called and not when the program starts.
 *
 * It brings 12 libraries with it, and loading them was a quarter of the time of mining a small file: 3
 * of 12 ms. Nothing but a cluster needs them. So the program is not linked with libzmq: these
 * functions have the names and types of its header, where the compiler checks them, and pass on what
 * they are given. One that is missing here is an error of the linker.
 *
 * Without the library each gives what it gives for a failure, with ELIBACC as the error.
 */
#include "CZeroMQ.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* F(what it gives, its name, its parameters, its arguments, what it gives for a failure) */
#define FUNCTIONS(F)                                                                               \
  F(void *, zmq_ctx_new, (void), (), NULL)                                                         \
  F(int, zmq_ctx_term, (void *context), (context), -1)                                             \
  F(int, zmq_ctx_shutdown, (void *context), (context), -1)                                         \
  F(int, zmq_ctx_set, (void *context, int option, int value), (context, option, value), -1)        \
  F(int, zmq_msg_init, (zmq_msg_t * message), (message), -1)                                       \
  F(int, zmq_msg_init_size, (zmq_msg_t * message, size_t size), (message, size), -1)               \
  F(int, zmq_msg_send, (zmq_msg_t * message, void *socket, int flags), (message, socket, flags),   \
    -1)                                                                                            \
  F(int, zmq_msg_recv, (zmq_msg_t * message, void *socket, int flags), (message, socket, flags),   \
    -1)                                                                                            \
  F(int, zmq_msg_close, (zmq_msg_t * message), (message), -1)                                      \
  F(void *, zmq_msg_data, (zmq_msg_t * message), (message), NULL)                                  \
  F(size_t, zmq_msg_size, (const zmq_msg_t *message), (message), 0)                                \
  F(int, zmq_msg_more, (const zmq_msg_t *message), (message), 0)                                   \
  F(const char *, zmq_msg_gets, (const zmq_msg_t *message, const char *property),                  \
    (message, property), NULL)                                                                     \
  F(void *, zmq_socket, (void *context, int type), (context, type), NULL)                          \
  F(int, zmq_close, (void *socket), (socket), -1)                                                  \
  F(int, zmq_setsockopt, (void *socket, int option, const void *value, size_t size),               \
    (socket, option, value, size), -1)                                                             \
  F(int, zmq_getsockopt, (void *socket, int option, void *value, size_t *size),                    \
    (socket, option, value, size), -1)                                                             \
  F(int, zmq_bind, (void *socket, const char *address), (socket, address), -1)                     \
  F(int, zmq_unbind, (void *socket, const char *address), (socket, address), -1)                   \
  F(int, zmq_connect, (void *socket, const char *address), (socket, address), -1)                  \
  F(int, zmq_socket_monitor, (void *socket, const char *address, int events),                      \
    (socket, address, events), -1)                                                                 \
  F(int, zmq_poll, (zmq_pollitem_t * items, int count, long timeout), (items, count, timeout), -1) \
  F(char *, zmq_z85_encode, (char *text, const uint8_t *bytes, size_t size),                       \
    (text, bytes, size), NULL)                                                                     \
  F(uint8_t *, zmq_z85_decode, (uint8_t * bytes, const char *text), (bytes, text), NULL)           \
  F(int, zmq_curve_keypair, (char *public_key, char *secret_key), (public_key, secret_key), -1)    \
  F(int, zmq_curve_public, (char *public_key, const char *secret_key), (public_key, secret_key),   \
    -1)

static struct {
  bool is_loaded;
#define POINTER(result, name, parameters, arguments, failure) result(*name) parameters;
  FUNCTIONS(POINTER)
  int (*zmq_errno)(void);
  const char *(*zmq_strerror)(int);
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool find(void *handle, const char *name, void *pointer) {
  void *function = dlsym(handle, name);
  memcpy(pointer, &function, sizeof function);
  return function != NULL;
}

static void load(void) {
  void *handle = dlopen("libzmq.so.5", RTLD_LAZY | RTLD_LOCAL);
  library.is_loaded = handle != NULL
#define FIND(result, name, parameters, arguments, failure) &&find(handle, #name, &library.name)
      FUNCTIONS(FIND) && find(handle, "zmq_errno", &library.zmq_errno) &&
      find(handle, "zmq_strerror", &library.zmq_strerror);
}

static bool is_loaded(void) {
  pthread_once(&once, load);
  return library.is_loaded;
}

#define PASS_ON(result, name, parameters, arguments, failure) \
  result name parameters {                                    \
    if (!is_loaded()) {                                       \
      errno = ELIBACC;                                        \
      return failure;                                         \
    }                                                         \
    return library.name arguments;                            \
  }
FUNCTIONS(PASS_ON)

int zmq_errno(void) { return is_loaded() ? library.zmq_errno() : errno; }

const char *zmq_strerror(int code) {
  return is_loaded() ? library.zmq_strerror(code) : strerror(code);
}
