// Plain text at the speed of the cache, where there are wide registers.
//
// Text is read for this once more before its integers are, so it is not to take a tenth of that time.
#include <string.h>

#include "bitmap_kernels.h"
#include "integer_lines.h"

#if defined(__x86_64__)
#include <immintrin.h>

// A byte is plain where it is over 0 as a signed number, and all are where the least one is.
__attribute__((target("avx512f,avx512bw"))) static size_t plain_avx512(const uint8_t *text,
                                                                        size_t count) {
  size_t at = 0;
  for (; at + 256 <= count; at += 256) {
    __m512i first = _mm512_min_epi8(_mm512_loadu_si512(text + at), _mm512_loadu_si512(text + at + 64));
    __m512i second =
        _mm512_min_epi8(_mm512_loadu_si512(text + at + 128), _mm512_loadu_si512(text + at + 192));
    __m512i least = _mm512_min_epi8(first, second);
    if (_mm512_cmple_epi8_mask(least, _mm512_setzero_si512()) != 0) break;
  }
  return at;
}

static inline __attribute__((target("avx2"))) __m256i load(const uint8_t *text) {
  return _mm256_loadu_si256((const __m256i *)text);
}

__attribute__((target("avx2"))) static size_t plain_avx2(const uint8_t *text, size_t count) {
  size_t at = 0;
  for (; at + 128 <= count; at += 128) {
    __m256i least = _mm256_min_epi8(_mm256_min_epi8(load(text + at), load(text + at + 32)),
                                    _mm256_min_epi8(load(text + at + 64), load(text + at + 96)));
    if (_mm256_movemask_epi8(_mm256_cmpgt_epi8(least, _mm256_setzero_si256())) != -1) break;
  }
  return at;
}
#endif

size_t lode_plain_text(const uint8_t *text, size_t count) {
  const char *kernels = lode_kernel_name();
#if defined(__x86_64__)
  if (strcmp(kernels, "avx512") == 0) return plain_avx512(text, count);
  if (strcmp(kernels, "avx2") == 0) return plain_avx2(text, count);
#endif
  (void)kernels, (void)text, (void)count;  // unused where there are no wide registers
  return 0;
}
