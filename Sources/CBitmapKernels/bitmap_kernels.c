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

static void count_weighted_scalar(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                                  const uint32_t *rows, size_t n, size_t words,
                                  const uint64_t *planes, const uint32_t *starts,
                                  uint32_t *counts) {
  lode_shared_count_weighted(prefix, bitmaps, stride, rows, n, words, planes, starts, counts);
}

// A step for each bit of the mask.
static uint64_t extract_portably(uint64_t bits, uint64_t mask) {
  uint64_t result = 0;
  for (unsigned place = 0; mask; mask &= mask - 1, place++)
    result |= (bits >> __builtin_ctzll(mask) & 1) << place;
  return result;
}

void lode_portable_gather(uint64_t *out, const uint64_t *bitmap, const uint64_t *mask,
                          const uint32_t *places, size_t n) {
  lode_shared_gather(out, bitmap, mask, places, n, extract_portably);
}

// Every candidate is written to both lists, and the end of the one that it belongs to moves: which one
// that is could not be foretold by a branch.
struct lode_selected lode_portable_select(const uint32_t *siblings, const uint32_t *counts, size_t n,
                                          uint32_t minimum, uint64_t node, uint32_t *extensions,
                                          uint64_t *extension_counts, uint32_t *perfect) {
  struct lode_selected selected = {0, 0};
  for (size_t i = 0; i < n; i++) {
    unsigned is_frequent = counts[i] >= minimum, is_perfect = counts[i] == node;
    extensions[selected.extensions] = siblings[i];
    extension_counts[selected.extensions] = counts[i];
    perfect[selected.perfect] = siblings[i];
    selected.extensions += is_frequent & ~is_perfect;
    selected.perfect += is_perfect;
  }
  return selected;
}

void lode_portable_list_above(const uint32_t *counts, size_t n, uint32_t allowance, uint32_t first,
                              uint32_t *places, uint32_t *listed) {
  size_t end = n;
  while (end > 0 && counts[end - 1] <= allowance) end--;
  // The last one listed ends the loop, so that nothing is written behind it.
  for (size_t i = 0, next = 0; i < end; i++) {
    places[next] = first + (uint32_t)i;
    listed[next] = counts[i];
    next += counts[i] > allowance;
  }
}

static int always(void) { return 1; }

static const struct lode_kernels scalar_kernels = {
    "scalar", always, and_scalar, count_each_scalar, 0, count_weighted_scalar, lode_portable_gather,
    lode_portable_select, lode_portable_list_above, 0};

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

void lode_bitmap_count_pairs(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                             const uint32_t *rows, size_t n, size_t first, size_t end, size_t words,
                             uint64_t *node, uint32_t *counts) {
  const struct lode_kernels *chosen = kernels();
  if (chosen->count_pairs) {
    chosen->count_pairs(prefix, bitmaps, stride, rows, n, first, end, words, node, counts);
    return;
  }
  for (size_t i = first; i < end; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    if (prefix) {
      chosen->and_words(node, prefix, bitmap, words);
      bitmap = node;
    }
    size_t siblings = n - i - 1;
    chosen->count_each(bitmap, bitmaps, stride, rows + i + 1, siblings, words, 0, counts);
    counts += siblings;
  }
}

void lode_bitmap_count_weighted(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                                const uint32_t *rows, size_t n, size_t words, const uint64_t *planes,
                                const uint32_t *starts, uint32_t *counts) {
  kernels()->count_weighted(prefix, bitmaps, stride, rows, n, words, planes, starts, counts);
}

void lode_bitmap_count_pairs_weighted(const uint64_t *prefix, const uint64_t *bitmaps,
                                      size_t stride, const uint32_t *rows, size_t n, size_t first,
                                      size_t end, size_t words, const uint64_t *planes,
                                      const uint32_t *starts, uint64_t *node, uint32_t *counts) {
  const struct lode_kernels *chosen = kernels();
  if (chosen->count_pairs_weighted) {
    chosen->count_pairs_weighted(
        prefix, bitmaps, stride, rows, n, first, end, words, planes, starts, node, counts);
    return;
  }
  for (size_t i = first; i < end; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    if (prefix) {
      chosen->and_words(node, prefix, bitmap, words);
      bitmap = node;
    }
    size_t siblings = n - i - 1;
    chosen->count_weighted(
        bitmap, bitmaps, stride, rows + i + 1, siblings, words, planes, starts, counts);
    counts += siblings;
  }
}

void lode_bitmap_gather(uint64_t *out, const uint64_t *bitmap, const uint64_t *mask,
                        const uint32_t *places, size_t n) {
  kernels()->gather(out, bitmap, mask, places, n);
}

struct lode_selected lode_select_frequent(const uint32_t *siblings, const uint32_t *counts, size_t n,
                                          uint32_t minimum, uint64_t node, uint32_t *extensions,
                                          uint64_t *extension_counts, uint32_t *perfect) {
  return kernels()->select_frequent(
      siblings, counts, n, minimum, node, extensions, extension_counts, perfect);
}

void lode_list_above(const uint32_t *counts, size_t n, uint32_t allowance, uint32_t first,
                     uint32_t *places, uint32_t *listed) {
  kernels()->list_above(counts, n, allowance, first, places, listed);
}
