// NEON kernels for 64-bit ARM; population counts by CNT on bytes and pairwise additions.
#if defined(__aarch64__)
#include "kernels_internal.h"

#include <arm_neon.h>

static int supported(void) { return 1; }

static inline uint64x2_t popcount_lanes(uint64x2_t v) {
  return vpaddlq_u32(vpaddlq_u16(vpaddlq_u8(vcntq_u8(vreinterpretq_u8_u64(v)))));
}

static void and_words(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words) {
  size_t i = 0;
  for (; i + 2 <= words; i += 2) vst1q_u64(out + i, vandq_u64(vld1q_u64(a + i), vld1q_u64(b + i)));
  for (; i < words; i++) out[i] = a[i] & b[i];
}

static void count_each(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                       const uint32_t *rows, size_t n, size_t words, unsigned shift,
                       uint32_t *counts) {
  for (size_t i = 0; i < n; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    uint64x2_t lanes = vdupq_n_u64(0);
    size_t w = 0;
    for (; w + 2 <= words; w += 2)
      lanes = vaddq_u64(
          lanes, popcount_lanes(vandq_u64(vld1q_u64(prefix + w), vld1q_u64(bitmap + w))));
    uint64_t sum = vaddvq_u64(lanes);
    for (; w < words; w++) sum += (uint64_t)__builtin_popcountll(prefix[w] & bitmap[w]);
    counts[i] += (uint32_t)(sum << shift);
  }
}

static void count_weighted(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                           const uint32_t *rows, size_t n, size_t words, const uint64_t *planes,
                           const uint32_t *starts, uint32_t *counts) {
  for (size_t i = 0; i < n; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    uint64x2_t lanes = vdupq_n_u64(0);
    for (size_t w = 0; w < words; w += 2) {
      uint64x2_t both = vandq_u64(vld1q_u64(prefix + w), vld1q_u64(bitmap + w));
      uint64x2_t weights = vdupq_n_u64(0);
      for (uint32_t plane = starts[w / 8]; plane < starts[w / 8 + 1]; plane++) {
        uint64x2_t bits = vandq_u64(both, vld1q_u64(planes + (size_t)plane * 8 + w % 8));
        weights = vaddq_u64(vaddq_u64(weights, weights), popcount_lanes(bits));
      }
      lanes = vaddq_u64(lanes, weights);
    }
    counts[i] += (uint32_t)vaddvq_u64(lanes);
  }
}

const struct lode_kernels lode_neon_kernels = {
    "neon", supported, and_words, count_each, 0, count_weighted, lode_portable_gather,
    lode_portable_select, lode_portable_list_above, 0};
#endif
