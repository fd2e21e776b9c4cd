#if defined(__x86_64__)
#include "classes.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))

TARGET static inline uint64_t mask(__m256i low, __m256i high) {
  return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

TARGET static inline uint64_t equal(__m256i low, __m256i high, uint8_t byte) {
  __m256i wanted = _mm256_set1_epi8((char)byte);
  return mask(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
}

TARGET static inline __m256i is_digit(__m256i bytes) {
  __m256i values = _mm256_sub_epi8(bytes, _mm256_set1_epi8('0'));
  return _mm256_cmpeq_epi8(_mm256_min_epu8(values, _mm256_set1_epi8(9)), values);
}

TARGET static inline struct byte_classes classify(const uint8_t *text, uint8_t first,
                                                  uint8_t second) {
  __m256i low = _mm256_loadu_si256((const __m256i *)text);
  __m256i high = _mm256_loadu_si256((const __m256i *)(text + 32));
  struct byte_classes class = {
      .digits = mask(is_digit(low), is_digit(high)),
      .separators = equal(low, high, first) | equal(low, high, second),
      .newlines = equal(low, high, '\n'),
      .returns = equal(low, high, '\r'),
  };
  return class;
}

#define CLASSIFY classify
#define READ_LINES lode_read_lines_avx2
#include "read_lines.h"
#endif
