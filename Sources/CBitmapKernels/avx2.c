// AVX2 kernels; population counts by nibble look-up (Mula, Kurz, Lemire, "Faster Population Counts
// Using AVX2 Instructions", Computer Journal 2018).
#if defined(__x86_64__)
#include "kernels_internal.h"

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,popcnt,bmi2")))
#define INLINE AVX2 __attribute__((always_inline)) static inline

static int supported(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") &&
         __builtin_cpu_supports("bmi2");
}

// The set bits of each 64-bit lane.
INLINE __m256i popcount_lanes(__m256i v) {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(15);
  __m256i bytes =
      _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(v, low)),
                      _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(v, 4), low)));
  return _mm256_sad_epu8(bytes, _mm256_setzero_si256());
}

INLINE uint64_t sum_of_lanes(__m256i v) {
  __m128i half = _mm_add_epi64(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  return (uint64_t)_mm_extract_epi64(half, 0) + (uint64_t)_mm_extract_epi64(half, 1);
}

AVX2 static void and_words(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words) {
  size_t i = 0;
  for (; i + 4 <= words; i += 4)
    _mm256_storeu_si256((__m256i *)(out + i),
                        _mm256_and_si256(_mm256_loadu_si256((const __m256i *)(a + i)),
                                         _mm256_loadu_si256((const __m256i *)(b + i))));
  for (; i < words; i++) out[i] = a[i] & b[i];
}

AVX2 static void count_each(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                            const uint32_t *rows, size_t n, size_t words, unsigned shift,
                            uint32_t *counts) {
  for (size_t i = 0; i < n; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    uint64_t sum = 0;
    size_t w = 0;
    // Below about 16 words the scalar instruction wins over setting up the look-up.
    if (words >= 16) {
      __m256i lanes = _mm256_setzero_si256();
      for (; w + 4 <= words; w += 4)
        lanes = _mm256_add_epi64(
            lanes, popcount_lanes(
                       _mm256_and_si256(_mm256_loadu_si256((const __m256i *)(prefix + w)),
                                        _mm256_loadu_si256((const __m256i *)(bitmap + w)))));
      sum = sum_of_lanes(lanes);
    }
    for (; w < words; w++) sum += (uint64_t)__builtin_popcountll(prefix[w] & bitmap[w]);
    counts[i] += (uint32_t)(sum << shift);
  }
}

AVX2 static void count_weighted(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                                const uint32_t *rows, size_t n, size_t words,
                                const uint64_t *planes, const uint32_t *starts, uint32_t *counts) {
  lode_shared_count_weighted(prefix, bitmaps, stride, rows, n, words, planes, starts, counts);
}

INLINE uint64_t extract(uint64_t bits, uint64_t mask) { return _pext_u64(bits, mask); }

AVX2 static void gather(uint64_t *out, const uint64_t *bitmap, const uint64_t *mask,
                        const uint32_t *places, size_t n) {
  lode_shared_gather(out, bitmap, mask, places, n, extract);
}

const struct lode_kernels lode_avx2_kernels = {
    "avx2", supported, and_words, count_each, 0, count_weighted, gather, lode_portable_select,
    lode_portable_list_above, 0};
#endif
