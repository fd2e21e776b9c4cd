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

// Adds the sums of up to eight vectors to as many counts.
INLINE void add_sums(const __m512i *vectors, unsigned n, uint32_t *counts) {
  __mmask8 used = (__mmask8)_bzhi_u32(0xff, n);
  _mm256_mask_storeu_epi32(counts, used,
                           _mm256_add_epi32(_mm256_maskz_loadu_epi32(used, counts),
                                            _mm512_cvtepi64_epi32(sums_of_eight(vectors))));
}

// All pairs of a group over bitmaps of up to eight vectors, the last of them under a mask: the node
// stays in registers, and eight candidates, of whichever nodes, share the tree that adds up.
INLINE void pairs_in_registers(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                               const uint32_t *rows, size_t n, size_t first, size_t end,
                               int vectors, __mmask8 mask, uint32_t *counts) {
  __m512i waiting[8];
  for (int i = 0; i < 8; i++) waiting[i] = _mm512_setzero_si512();
  unsigned count = 0;
  for (size_t i = first; i < end; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    const uint64_t *above = prefix ? prefix : bitmap;
    __m512i node[8];
    for (int v = 0; v < vectors; v++) {
      __mmask8 used = v + 1 < vectors ? 0xff : mask;
      node[v] = _mm512_and_si512(_mm512_maskz_loadu_epi64(used, above + 8 * v),
                                 _mm512_maskz_loadu_epi64(used, bitmap + 8 * v));
    }
    for (size_t j = i + 1; j < n; j++) {
      const uint64_t *sibling = bitmaps + (size_t)rows[j] * stride;
      __m512i sum = _mm512_setzero_si512();
      for (int v = 0; v < vectors; v++) {
        __mmask8 used = v + 1 < vectors ? 0xff : mask;
        sum = _mm512_add_epi64(
            sum, _mm512_popcnt_epi64(
                     _mm512_and_si512(node[v], _mm512_maskz_loadu_epi64(used, sibling + 8 * v))));
      }
      waiting[count++] = sum;
      if (count == 8) {
        add_sums(waiting, 8, counts);
        counts += 8;
        count = 0;
      }
    }
  }
  if (count) add_sums(waiting, count, counts);
}

// One or two words, as in count_short.
INLINE void pairs_short(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                        const uint32_t *rows, size_t n, size_t first, size_t end, size_t words,
                        uint32_t *counts) {
  for (size_t i = first; i < end; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    const uint64_t *above = prefix ? prefix : bitmap;
    uint64_t node[2] = {above[0] & bitmap[0], words == 2 ? above[1] & bitmap[1] : 0};
    count_short(node, bitmaps, stride, rows + i + 1, n - i - 1, words, 0, counts);
    counts += n - i - 1;
  }
}

AVX512 static void count_pairs(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                               const uint32_t *rows, size_t n, size_t first, size_t end,
                               size_t words, uint64_t *node, uint32_t *counts) {
  __mmask8 mask = words & 7 ? tail_mask(words) : 0xff;
  switch ((words + 7) / 8) {
#define REGISTERS(m)                                                                        \
  case m:                                                                                   \
    pairs_in_registers(prefix, bitmaps, stride, rows, n, first, end, m, mask, counts);      \
    return;
    case 0: return;
    case 1:
      if (words == 1) {
        pairs_short(prefix, bitmaps, stride, rows, n, first, end, 1, counts);
      } else if (words == 2) {
        pairs_short(prefix, bitmaps, stride, rows, n, first, end, 2, counts);
      } else {
        pairs_in_registers(prefix, bitmaps, stride, rows, n, first, end, 1, mask, counts);
      }
      return;
    REGISTERS(2) REGISTERS(3) REGISTERS(4) REGISTERS(5) REGISTERS(6) REGISTERS(7) REGISTERS(8)
#undef REGISTERS
  }
  for (size_t i = first; i < end; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    if (prefix) {
      and_words(node, prefix, bitmap, words);
      bitmap = node;
    }
    count_each(bitmap, bitmaps, stride, rows + i + 1, n - i - 1, words, 0, counts);
    counts += n - i - 1;
  }
}

// The weights of the bits that two bitmaps have in common, lane by lane.
INLINE __m512i weights_of_both(const uint64_t *a, const uint64_t *b, size_t words,
                               const uint64_t *planes, const uint32_t *starts) {
  __m512i sum = _mm512_setzero_si512();
  for (size_t line = 0; line < words / 8; line++) {
    __m512i both =
        _mm512_and_si512(_mm512_loadu_si512(a + 8 * line), _mm512_loadu_si512(b + 8 * line));
    __m512i weights = _mm512_setzero_si512();
    for (uint32_t plane = starts[line]; plane < starts[line + 1]; plane++) {
      __m512i bits = _mm512_and_si512(both, _mm512_loadu_si512(planes + (size_t)plane * 8));
      weights = _mm512_add_epi64(_mm512_add_epi64(weights, weights), _mm512_popcnt_epi64(bits));
    }
    sum = _mm512_add_epi64(sum, weights);
  }
  return sum;
}

AVX512 static void count_weighted(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                                  const uint32_t *rows, size_t n, size_t words,
                                  const uint64_t *planes, const uint32_t *starts,
                                  uint32_t *counts) {
  __m512i waiting[8];
  for (int i = 0; i < 8; i++) waiting[i] = _mm512_setzero_si512();
  unsigned count = 0;
  for (size_t i = 0; i < n; i++) {
    waiting[count++] =
        weights_of_both(prefix, bitmaps + (size_t)rows[i] * stride, words, planes, starts);
    if (count == 8) {
      add_sums(waiting, 8, counts);
      counts += 8;
      count = 0;
    }
  }
  if (count) add_sums(waiting, count, counts);
}

// Eight candidates, of whichever nodes, share the tree that adds up, as in pairs_in_registers.
AVX512 static void count_pairs_weighted(const uint64_t *prefix, const uint64_t *bitmaps,
                                        size_t stride, const uint32_t *rows, size_t n, size_t first,
                                        size_t end, size_t words, const uint64_t *planes,
                                        const uint32_t *starts, uint64_t *node, uint32_t *counts) {
  __m512i waiting[8];
  for (int i = 0; i < 8; i++) waiting[i] = _mm512_setzero_si512();
  unsigned count = 0;
  for (size_t i = first; i < end; i++) {
    const uint64_t *bitmap = bitmaps + (size_t)rows[i] * stride;
    if (prefix) {
      and_words(node, prefix, bitmap, words);
      bitmap = node;
    }
    for (size_t j = i + 1; j < n; j++) {
      waiting[count++] =
          weights_of_both(bitmap, bitmaps + (size_t)rows[j] * stride, words, planes, starts);
      if (count == 8) {
        add_sums(waiting, 8, counts);
        counts += 8;
        count = 0;
      }
    }
  }
  if (count) add_sums(waiting, count, counts);
}

INLINE uint64_t extract(uint64_t bits, uint64_t mask) { return _pext_u64(bits, mask); }

AVX512 static void gather(uint64_t *out, const uint64_t *bitmap, const uint64_t *mask,
                          const uint32_t *places, size_t n) {
  lode_shared_gather(out, bitmap, mask, places, n, extract);
}

AVX512 static struct lode_selected select_frequent(const uint32_t *siblings, const uint32_t *counts,
                                                   size_t n, uint32_t minimum, uint64_t node,
                                                   uint32_t *extensions, uint64_t *extension_counts,
                                                   uint32_t *perfect) {
  struct lode_selected selected = {0, 0};
  __m512i least = _mm512_set1_epi32((int)minimum), whole = _mm512_set1_epi32((int)(uint32_t)node);
  // No count of 32 bits is that of a node beyond them.
  __mmask16 can_be_whole = node >> 32 ? 0 : 0xffff;
  for (size_t i = 0; i < n; i += 16) {
    __mmask16 used = (__mmask16)_bzhi_u32(0xffff, n - i < 16 ? (unsigned)(n - i) : 16);
    __m512i count = _mm512_maskz_loadu_epi32(used, counts + i);
    __mmask16 frequent = _mm512_mask_cmpge_epu32_mask(used, count, least);
    if (!frequent) continue;
    __mmask16 is_perfect = _mm512_mask_cmpeq_epi32_mask(frequent & can_be_whole, count, whole);
    __mmask16 is_extension = frequent & (__mmask16)~is_perfect;
    __m512i sibling = _mm512_maskz_loadu_epi32(used, siblings + i);
    __m512i kept = _mm512_maskz_compress_epi32(is_extension, count);
    uint64_t *next = extension_counts + selected.extensions;
    _mm512_storeu_si512(extensions + selected.extensions,
                        _mm512_maskz_compress_epi32(is_extension, sibling));
    _mm512_storeu_si512(next, _mm512_cvtepu32_epi64(_mm512_castsi512_si256(kept)));
    _mm512_storeu_si512(next + 8, _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(kept, 1)));
    selected.extensions += (uint32_t)__builtin_popcount(is_extension);
    if (!is_perfect) continue;
    _mm512_storeu_si512(perfect + selected.perfect,
                        _mm512_maskz_compress_epi32(is_perfect, sibling));
    selected.perfect += (uint32_t)__builtin_popcount(is_perfect);
  }
  return selected;
}

AVX512 static void list_above(const uint32_t *counts, size_t n, uint32_t allowance, uint32_t first,
                              uint32_t *places, uint32_t *listed) {
  __m512i limit = _mm512_set1_epi32((int)allowance);
  __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (size_t i = 0; i < n; i += 16) {
    __mmask16 used = (__mmask16)_bzhi_u32(0xffff, n - i < 16 ? (unsigned)(n - i) : 16);
    __m512i count = _mm512_maskz_loadu_epi32(used, counts + i);
    __mmask16 above = _mm512_mask_cmpgt_epu32_mask(used, count, limit);
    if (!above) continue;
    unsigned found = (unsigned)__builtin_popcount(above);
    __mmask16 written = (__mmask16)_bzhi_u32(0xffff, found);
    __m512i place = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)(first + (uint32_t)i)));
    _mm512_mask_storeu_epi32(places, written, _mm512_maskz_compress_epi32(above, place));
    _mm512_mask_storeu_epi32(listed, written, _mm512_maskz_compress_epi32(above, count));
    places += found;
    listed += found;
  }
}

const struct lode_kernels lode_avx512_kernels = {
    "avx512",       supported, and_words,       count_each, count_pairs,
    count_weighted, gather,    select_frequent, list_above, count_pairs_weighted};
#endif
