// AVX-512 kernels; population counts by VPOPCNTDQ.
#if defined(__x86_64__)
#include "kernels_internal.h"

#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vpopcntdq,bmi2,popcnt")))
#define INLINE AVX512 __attribute__((always_inline)) static inline

static int supported(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vpopcntdq") &&
         __builtin_cpu_supports("bmi2");
}

// The mask of the words that remain in the last, incomplete vector.
INLINE __mmask8 tail_mask(size_t words) { return (__mmask8)_bzhi_u32(0xff, (unsigned)(words & 7)); }

AVX512 static void and_words(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words) {
  size_t i = 0;
  for (; i + 8 <= words; i += 8)
    _mm512_storeu_si512(out + i,
                        _mm512_and_si512(_mm512_loadu_si512(a + i), _mm512_loadu_si512(b + i)));
  if (i < words) {
    __mmask8 mask = tail_mask(words);
    _mm512_mask_storeu_epi64(out + i, mask,
                             _mm512_and_si512(_mm512_maskz_loadu_epi64(mask, a + i),
                                              _mm512_maskz_loadu_epi64(mask, b + i)));
  }
}

// Eight vectors of eight words -> one vector of their eight sums, in 3 rounds of adding halves.
// One tree for eight bitmaps costs a third of eight separate horizontal sums.
INLINE __m512i sums_of_eight(const __m512i *v) {
  __m512i pair[4], four[2];
  for (int i = 0; i < 4; i++)
    pair[i] = _mm512_add_epi64(_mm512_unpacklo_epi64(v[2 * i], v[2 * i + 1]),
                               _mm512_unpackhi_epi64(v[2 * i], v[2 * i + 1]));
  for (int i = 0; i < 2; i++)
    four[i] = _mm512_add_epi64(_mm512_shuffle_i64x2(pair[2 * i], pair[2 * i + 1], 0x88),
                               _mm512_shuffle_i64x2(pair[2 * i], pair[2 * i + 1], 0xdd));
  return _mm512_add_epi64(_mm512_shuffle_i64x2(four[0], four[1], 0x88),
                          _mm512_shuffle_i64x2(four[0], four[1], 0xdd));
}

// Counts n <= 8 bitmaps against one prefix, each word of which is loaded once; n is a constant at
// every call, so the inner loops unroll.
INLINE void count_batch(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                        const uint32_t *rows, int n, size_t words, unsigned shift,
                        uint32_t *counts) {
  const uint64_t *bitmap[8];
  __m512i sum[8];
  for (int i = 0; i < 8; i++) {
    sum[i] = _mm512_setzero_si512();
    if (i < n) bitmap[i] = bitmaps + (size_t)rows[i] * stride;
  }
  size_t w = 0;
  for (; w + 8 <= words; w += 8) {
    __m512i p = _mm512_loadu_si512(prefix + w);
    for (int i = 0; i < n; i++)
      sum[i] = _mm512_add_epi64(
          sum[i], _mm512_popcnt_epi64(_mm512_and_si512(p, _mm512_loadu_si512(bitmap[i] + w))));
  }
  if (w < words) {
    __mmask8 mask = tail_mask(words);
    __m512i p = _mm512_maskz_loadu_epi64(mask, prefix + w);
    for (int i = 0; i < n; i++)
      sum[i] = _mm512_add_epi64(
          sum[i], _mm512_popcnt_epi64(
                      _mm512_and_si512(p, _mm512_maskz_loadu_epi64(mask, bitmap[i] + w))));
  }
  __m512i sums = _mm512_sll_epi64(sums_of_eight(sum), _mm_cvtsi32_si128((int)shift));
  __mmask8 used = (__mmask8)((1u << n) - 1);
  __m256i total = _mm256_add_epi32(_mm256_maskz_loadu_epi32(used, counts),
                                   _mm512_cvtepi64_epi32(sums));
  _mm256_mask_storeu_epi32(counts, used, total);
}

// One or two words: the scalar instruction beats vectors that are mostly empty.
INLINE void count_short(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                        const uint32_t *rows, size_t n, size_t words, unsigned shift,
                        uint32_t *counts) {
  uint64_t first = prefix[0], second = words == 2 ? prefix[1] : 0;
  for (size_t i = 0; i < n; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    uint64_t sum = (uint64_t)__builtin_popcountll(first & bitmap[0]);
    if (words == 2) sum += (uint64_t)__builtin_popcountll(second & bitmap[1]);
    counts[i] += (uint32_t)(sum << shift);
  }
}

AVX512 static void count_each(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                              const uint32_t *rows, size_t n, size_t words, unsigned shift,
                              uint32_t *counts) {
  if (words == 0) return;
  if (words == 1) {
    count_short(prefix, bitmaps, stride, rows, n, 1, shift, counts);
    return;
  }
  if (words == 2) {
    count_short(prefix, bitmaps, stride, rows, n, 2, shift, counts);
    return;
  }
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    count_batch(prefix, bitmaps, stride, rows + i, 8, words, shift, counts + i);
#define REST(m)                                                                        \
  case m:                                                                              \
    count_batch(prefix, bitmaps, stride, rows + i, m, words, shift, counts + i);       \
    break;
  switch (n - i) {
    REST(1) REST(2) REST(3) REST(4) REST(5) REST(6) REST(7)
    default: break;
  }
#undef REST
}

const struct lode_kernels lode_avx512_kernels = {"avx512", supported, and_words, count_each};
#endif
