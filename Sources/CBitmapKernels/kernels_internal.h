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
  // Null where counting node by node is as fast.
  void (*count_pairs)(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                      const uint32_t *rows, size_t n, size_t first, size_t end, size_t words,
                      uint64_t *node, uint32_t *counts);
  void (*count_weighted)(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                         const uint32_t *rows, size_t n, size_t words, const uint64_t *planes,
                         const uint32_t *starts, uint32_t *counts);
  void (*gather)(uint64_t *out, const uint64_t *bitmap, const uint64_t *mask,
                 const uint32_t *places, size_t n);
  struct lode_selected (*select_frequent)(const uint32_t *siblings, const uint32_t *counts, size_t n,
                                          uint32_t minimum, uint64_t node, uint32_t *extensions,
                                          uint64_t *extension_counts, uint32_t *perfect);
  void (*list_above)(const uint32_t *counts, size_t n, uint32_t allowance, uint32_t first,
                     uint32_t *places, uint32_t *listed);
  // Null where counting node by node is as fast.
  void (*count_pairs_weighted)(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                               const uint32_t *rows, size_t n, size_t first, size_t end,
                               size_t words, const uint64_t *planes, const uint32_t *starts,
                               uint64_t *node, uint32_t *counts);
};

// What instruction sets without kernels of their own share; inlined, so that each compiles it with
// the population count, or the gathering of bits, that it has.
#define LODE_SHARED __attribute__((always_inline)) static inline

LODE_SHARED void lode_shared_count_weighted(const uint64_t *prefix, const uint64_t *bitmaps,
                                            size_t stride, const uint32_t *rows, size_t n,
                                            size_t words, const uint64_t *planes,
                                            const uint32_t *starts, uint32_t *counts) {
  for (size_t i = 0; i < n; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    uint64_t sum = 0;
    for (size_t w = 0; w < words; w++) {
      uint64_t both = prefix[w] & bitmap[w];
      if (both == 0) continue;
      uint64_t weight = 0;
      for (uint32_t plane = starts[w / 8]; plane < starts[w / 8 + 1]; plane++)
        weight = 2 * weight +
                 (uint64_t)__builtin_popcountll(both & planes[(size_t)plane * 8 + w % 8]);
      sum += weight;
    }
    counts[i] += (uint32_t)sum;
  }
}

// Gathers with a function that moves the bits of a word under a mask to its lower end.
LODE_SHARED void lode_shared_gather(uint64_t *out, const uint64_t *bitmap, const uint64_t *mask,
                                    const uint32_t *places, size_t n,
                                    uint64_t (*extract)(uint64_t, uint64_t)) {
  uint64_t open = 0;
  unsigned fill = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t kept = mask[places[i]];
    uint64_t bits = extract(bitmap[places[i]], kept);
    unsigned count = (unsigned)__builtin_popcountll(kept);
    // Stored whether it is full or not, since that could not be foretold.
    *out = open | bits << fill;
    unsigned full = (fill + count) >> 6;
    open = full ? bits >> 1 >> (63 - fill) : *out;
    out += full;
    fill = (fill + count) & 63;
  }
  if (fill) *out = open;
}

// Where no instruction moves some elements of a vector together.
struct lode_selected lode_portable_select(const uint32_t *siblings, const uint32_t *counts, size_t n,
                                          uint32_t minimum, uint64_t node, uint32_t *extensions,
                                          uint64_t *extension_counts, uint32_t *perfect);
void lode_portable_list_above(const uint32_t *counts, size_t n, uint32_t allowance, uint32_t first,
                              uint32_t *places, uint32_t *listed);

// Where no instruction moves bits under a mask.
void lode_portable_gather(uint64_t *out, const uint64_t *bitmap, const uint64_t *mask,
                          const uint32_t *places, size_t n);

#if defined(__x86_64__)
extern const struct lode_kernels lode_avx512_kernels, lode_avx2_kernels;
#endif
#if defined(__aarch64__)
extern const struct lode_kernels lode_neon_kernels;
#endif

#endif
