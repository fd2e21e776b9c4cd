// Sixteen items at a time, for processors that move bytes freely between lanes.
//
// As the loop of read_lines.h, but the ends, lengths and values of up to sixteen items are found
// together, without a branch on how many there are: about 7 instructions an item instead of 30.
#if defined(__x86_64__)
#include "classes.h"

#include <immintrin.h>

#define TARGET                                                                                   \
  __attribute__((                                                                                \
      target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,lzcnt,popcnt")))

enum { ITEMS = 16, LINES = 4 };

int lode_has_avx512vbmi(void) {
  return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
         __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("lzcnt");
}

// The values of eight items of at most 7 digits; `spread` says which, by eight copies of each number.
TARGET static inline __m256i values(__m512i text, __m512i ends, __m512i lengths, __m512i spread) {
  __m512i end = _mm512_permutexvar_epi8(spread, ends);
  __m512i length = _mm512_permutexvar_epi8(spread, lengths);
  // The eight bytes before the end of each item; those before its start become zero.
  __m512i places = _mm512_add_epi8(end, _mm512_set1_epi64((long long)0xFFFEFDFCFBFAF9F8));
  __m512i bytes = _mm512_permutexvar_epi8(places, text);
  __mmask64 inside = _mm512_cmple_epu8_mask(_mm512_set1_epi64(0x0102030405060708), length);
  __m512i digits = _mm512_maskz_sub_epi8(inside, bytes, _mm512_set1_epi8('0'));
  __m512i pairs = _mm512_maddubs_epi16(digits, _mm512_set1_epi16(1 << 8 | 10));
  __m512i fours = _mm512_madd_epi16(pairs, _mm512_set1_epi32(1 << 16 | 100));
  __m512i high = _mm512_mul_epu32(fours, _mm512_set1_epi64(10000));
  return _mm512_cvtepi64_epi32(_mm512_add_epi64(high, _mm512_srli_epi64(fours, 32)));
}

// Notes items that have no id yet; `items` says which of the sixteen.
TARGET static size_t note_new(const struct lode_integer_lines *in, size_t noted, size_t at,
                              size_t before, uint32_t items, __m128i starts, __m128i lengths) {
  uint8_t start[ITEMS], length[ITEMS];
  _mm_storeu_si128((__m128i *)start, starts);
  _mm_storeu_si128((__m128i *)length, lengths);
  for (; items != 0; items &= items - 1) {
    unsigned item = _tzcnt_u32(items);
    in->new_integers[noted++] =
        (struct lode_new_integer){before + item, at + start[item], length[item]};
  }
  return noted;
}

// Ends the lines of these newlines one by one; 0 where one is blank or too long, which remains.
TARGET static int end_lines(const struct lode_integer_lines *in, struct lode_integer_lines_read *done,
                            size_t at, size_t before, uint64_t item_ends, uint64_t newlines) {
  for (; newlines != 0; newlines &= newlines - 1) {
    size_t items = before + (size_t)_mm_popcnt_u64(item_ends & (newlines ^ (newlines - 1)));
    size_t next = at + _tzcnt_u64(newlines) + 1;
    if (items == done->items || next - done->position > in->line_limit) return 0;
    in->ends[done->lines++] = (ptrdiff_t)items;
    done->items = items;
    done->position = next;
  }
  return 1;
}

TARGET struct lode_integer_lines_read
lode_read_lines_avx512vbmi(const struct lode_integer_lines *in) {
  static const uint8_t numbers[64] = {
      0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
      22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
      44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
  const __m512i places = _mm512_loadu_si512(numbers);
  const __m512i first_eight =
      _mm512_shuffle_epi8(_mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)numbers)),
                          _mm512_broadcast_i32x4(_mm_set_epi64x(0x0808080808080808, 0)));
  const __m512i last_eight = _mm512_add_epi8(first_eight, _mm512_set1_epi8(8));
  const __m512i unknown = _mm512_set1_epi32((int)in->unknown);
  const __m512i table_count =
      _mm512_set1_epi32((int)(in->table_count < UINT32_MAX ? in->table_count : UINT32_MAX));
  struct lode_integer_lines_read done = {in->start, 0, 0, 0};
  size_t at = in->start;  // never inside an item
  size_t before = 0;
  size_t noted = 0;
  while (at + 64 <= in->end && before + ITEMS <= in->item_room &&
         done.lines + 64 <= in->end_room && noted + ITEMS <= in->new_room) {
    __m512i text = _mm512_loadu_si512(in->text + at);
    uint64_t digits = _mm512_cmple_epu8_mask(_mm512_sub_epi8(text, _mm512_set1_epi8('0')),
                                             _mm512_set1_epi8(9));
    uint64_t separators =
        _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8((char)in->first_separator)) |
        _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8((char)in->second_separator));
    uint64_t newlines = _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('\n'));
    uint64_t returns = _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('\r'));
    // A carriage return separates where a newline follows, and only there.
    uint64_t newline_after = newlines >> 1 | (uint64_t)(in->text[at + 64] == '\n') << 63;
    uint64_t breaks = (separators & ~digits) | newlines | (returns & newline_after);
    uint64_t others = ~(digits | breaks);
    breaks &= (others & -others) - 1;  // the bytes before the first other one
    uint64_t item_ends = breaks & digits << 1;
    // Up to the end of the last item that there is room for; all where there are fewer.
    uint64_t taken = (_pdep_u64((uint64_t)1 << (ITEMS - 1), item_ends) << 1) - 1;
    breaks &= taken;
    item_ends &= taken;
    newlines &= breaks;
    if (breaks == 0) break;

    __m512i ends = _mm512_maskz_compress_epi8(item_ends, places);
    __m512i starts = _mm512_maskz_compress_epi8(digits & ~(digits << 1), places);
    __m512i lengths = _mm512_sub_epi8(ends, starts);
    uint32_t items = ((uint32_t)1 << _mm_popcnt_u64(item_ends)) - 1;
    __m512i first_digits = _mm512_permutexvar_epi8(starts, text);
    __m128i length = _mm512_castsi512_si128(lengths);
    uint32_t leading_zeros =
        _mm_cmpeq_epi8_mask(_mm512_castsi512_si128(first_digits), _mm_set1_epi8('0')) &
        (uint32_t)_mm_cmpgt_epu8_mask(length, _mm_set1_epi8(1));
    uint32_t sound =
        items & ~leading_zeros & (uint32_t)_mm_cmple_epu8_mask(length, _mm_set1_epi8(7));
    __m512i value = _mm512_inserti64x4(
        _mm512_castsi256_si512(values(text, ends, lengths, first_eight)),
        values(text, ends, lengths, last_eight), 1);
    __mmask16 in_table =
        _mm512_mask_cmplt_epu32_mask((__mmask16)sound, value, table_count);
    __m512i ids = _mm512_mask_i32gather_epi32(unknown, in_table, value, in->table, 4);
    uint32_t known = _mm512_mask_cmpneq_epi32_mask((__mmask16)items, ids, unknown);
    _mm512_storeu_si512(in->items + before, ids);
    int stops = others != 0;
    if (known != items) {
      if (sound != items) {
        uint32_t first = items & ~sound;
        uint64_t end = _pdep_u64((uint64_t)1 << _tzcnt_u32(first), item_ends);
        item_ends &= end - 1;
        newlines &= end - 1;
        sound &= (first & -first) - 1;
        stops = 1;
      }
      noted = note_new(in, noted, at, before, sound & ~known, _mm512_castsi512_si128(starts), length);
    }

    // Nearly always there are few newlines, none blank: then how many makes no branch.
    uint64_t left = newlines;
    size_t last = done.items;
    int is_blank = 0;
    for (int line = 0; line < LINES; line++) {
      size_t count = before + (size_t)_mm_popcnt_u64(item_ends & (left ^ (left - 1)));
      in->ends[done.lines + (size_t)line] = (ptrdiff_t)count;
      is_blank |= left != 0 && count == last;
      last = left != 0 ? count : last;
      left &= left - 1;
    }
    int is_long = at + _tzcnt_u64(newlines) + 1 - done.position > in->line_limit;
    if (left != 0 || is_blank || is_long || in->line_limit < 64) {
      if (!end_lines(in, &done, at, before, item_ends, newlines)) break;
    } else {
      done.lines += (size_t)_mm_popcnt_u64(newlines);
      done.items = last;
      done.position = newlines != 0 ? at + 64 - _lzcnt_u64(newlines) : done.position;
    }
    if (stops) break;
    before += (size_t)_mm_popcnt_u64(items);
    at += 64 - _lzcnt_u64(breaks);
  }
  while (noted > 0 && in->new_integers[noted - 1].item >= done.items) noted--;
  done.new_integers = noted;
  return done;
}
#endif
