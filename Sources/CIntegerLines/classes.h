#ifndef LODE_CLASSES_H
#define LODE_CLASSES_H

#include "integer_lines.h"

// Which of 64 bytes are what, the first byte in the lowest bit.
struct byte_classes {
  uint64_t digits, separators, newlines, returns;
};

#if defined(__x86_64__)
// Whether the loop after it can run.
int lode_has_avx512vbmi(void);
struct lode_integer_lines_read lode_read_lines_avx512vbmi(const struct lode_integer_lines *in);
struct lode_integer_lines_read lode_read_lines_avx512(const struct lode_integer_lines *in);
struct lode_integer_lines_read lode_read_lines_avx2(const struct lode_integer_lines *in);
#endif
#if defined(__aarch64__)
struct lode_integer_lines_read lode_read_lines_neon(const struct lode_integer_lines *in);
#endif

#endif
