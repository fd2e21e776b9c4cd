#if defined(__x86_64__)
#include "classes.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,bmi,bmi2,lzcnt,popcnt")))

TARGET static inline struct byte_classes classify(const uint8_t *text, uint8_t first,
                                                  uint8_t second) {
  __m512i bytes = _mm512_loadu_si512(text);
  __m512i values = _mm512_sub_epi8(bytes, _mm512_set1_epi8('0'));
  struct byte_classes class = {
      .digits = _mm512_cmple_epu8_mask(values, _mm512_set1_epi8(9)),
      .separators = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8((char)first)) |
                    _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8((char)second)),
      .newlines = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n')),
      .returns = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\r')),
  };
  return class;
}

#define CLASSIFY classify
#define READ_LINES lode_read_lines_avx512
#include "read_lines.h"
#endif
