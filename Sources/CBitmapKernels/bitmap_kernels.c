// Scalar kernels and the choice between instruction sets.
#include "kernels_internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static void and_scalar(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words) {
  for (size_t i = 0; i < words; i++) out[i] = a[i] & b[i];
}

static void count_each_scalar(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                              const uint32_t *rows, size_t n, size_t words, unsigned shift,
                              uint32_t *counts) {
  for (size_t i = 0; i < n; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    uint64_t sum = 0;
    for (size_t w = 0; w < words; w++) sum += (uint64_t)__builtin_popcountll(prefix[w] & bitmap[w]);
    counts[i] += (uint32_t)(sum << shift);
  }
}

static int always(void) { return 1; }

static const struct lode_kernels scalar_kernels = {
    "scalar", always, and_scalar, count_each_scalar};

// Widest first.
static const struct lode_kernels *const candidates[] = {
#if defined(__x86_64__)
    &lode_avx512_kernels, &lode_avx2_kernels,
#endif
#if defined(__aarch64__)
    &lode_neon_kernels,
#endif
    &scalar_kernels};

// Atomic only so that a test may change it while others count; a relaxed load is a plain one.
static _Atomic(const struct lode_kernels *) chosen = &scalar_kernels;
static int refused = 0;

static const struct lode_kernels *kernels(void) {
  return atomic_load_explicit(&chosen, memory_order_relaxed);
}

int lode_kernel_choose(const char *name) {
  for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
    if (strcmp(candidates[i]->name, name) == 0 && candidates[i]->supported()) {
      atomic_store_explicit(&chosen, candidates[i], memory_order_relaxed);
      return 1;
    }
  }
  return 0;
}

// Runs before main, so that counting threads find the choice made.
__attribute__((constructor)) static void choose_kernels(void) {
  for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
    if (candidates[i]->supported()) {
      atomic_store_explicit(&chosen, candidates[i], memory_order_relaxed);
      break;
    }
  }
  const char *wanted = getenv("LODE_KERNEL");
  if (wanted && *wanted) refused = !lode_kernel_choose(wanted);
}

const char *lode_kernel_name(void) { return kernels()->name; }

int lode_kernel_request_refused(void) { return refused; }

void lode_bitmap_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words) {
  kernels()->and_words(out, a, b, words);
}

void lode_bitmap_count_each(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                            const uint32_t *rows, size_t n, size_t words, unsigned shift,
                            uint32_t *counts) {
  kernels()->count_each(prefix, bitmaps, stride, rows, n, words, shift, counts);
}
