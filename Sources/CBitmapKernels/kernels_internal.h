// One set of kernels per instruction set; see include/bitmap_kernels.h for what each does.
#ifndef LODE_KERNELS_INTERNAL_H
#define LODE_KERNELS_INTERNAL_H

#include "bitmap_kernels.h"

struct lode_kernels {
  const char *name;
  int (*supported)(void);
  void (*and_words)(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words);
  void (*count_each)(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                     const uint32_t *rows, size_t n, size_t words, unsigned shift,
                     uint32_t *counts);
};

#if defined(__x86_64__)
extern const struct lode_kernels lode_avx512_kernels, lode_avx2_kernels;
#endif
#if defined(__aarch64__)
extern const struct lode_kernels lode_neon_kernels;
#endif

#endif
