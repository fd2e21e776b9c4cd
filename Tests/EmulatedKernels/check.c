// Compares the kernels in use with loops written out here, on random data; for processors that are
// emulated, where Swift's tests cannot run. Prints what differs, and ends with 1.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bitmap_kernels.h"
#include "integer_lines.h"

static uint64_t state = 1;

static uint64_t random_word(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return state ^ state >> 29;
}

static size_t below(size_t limit) { return (size_t)(random_word() >> 11) % limit; }

static void fail(const char *what, size_t a, size_t b) {
  fprintf(stderr, "%s kernels: %s (%zu, %zu)\n", lode_kernel_name(), what, a, b);
  exit(1);
}

static void check_bitmaps(void) {
  enum { longest = 130, rows = 24 };
  static uint64_t a[longest], bitmaps[rows * (longest + 2)], both[longest + 1];
  for (size_t words = 0; words <= longest; words++) {
    for (size_t i = 0; i < longest; i++) a[i] = random_word();
    for (size_t i = 0; i < rows * (longest + 2); i++) bitmaps[i] = random_word() & random_word();
    memset(both, 7, sizeof both);
    lode_bitmap_and(both, a, bitmaps, words);
    for (size_t i = 0; i < words; i++)
      if (both[i] != (a[i] & bitmaps[i])) fail("AND differs", words, i);
    if (both[words] != 0x0707070707070707) fail("AND wrote behind the end", words, 0);
    for (size_t n = 0; n <= 20; n++) {
      size_t stride = words + below(3);
      unsigned shift = (unsigned)below(5);
      uint32_t chosen[20], counts[21];
      for (size_t i = 0; i < n; i++) chosen[i] = (uint32_t)below(rows);
      for (size_t i = 0; i <= n; i++) counts[i] = (uint32_t)i * 10;
      lode_bitmap_count_each(a, bitmaps, stride, chosen, n, words, shift, counts);
      for (size_t i = 0; i < n; i++) {
        uint64_t sum = 0;
        for (size_t w = 0; w < words; w++)
          sum += (uint64_t)__builtin_popcountll(a[w] & bitmaps[chosen[i] * stride + w]);
        if (counts[i] != i * 10 + (uint32_t)(sum << shift)) fail("a count differs", words, i);
      }
      if (counts[n] != n * 10) fail("counting wrote behind the end", words, n);
    }
  }
}

// Counting of pairs and of weighted rows.
static void check_groups(void) {
  enum { longest = 40, rows = 12, most_planes = 6 };
  static uint64_t prefix[longest], bitmaps[rows * longest], node[longest];
  static uint64_t planes[longest * most_planes];
  for (size_t words = 8; words <= longest; words += 8) {
    for (size_t i = 0; i < words; i++) prefix[i] = random_word() | random_word();
    for (size_t i = 0; i < rows * words; i++) bitmaps[i] = random_word();
    for (size_t i = 0; i < longest * most_planes; i++) planes[i] = random_word();
    uint32_t chosen[rows], starts[longest / 8 + 1] = {0};
    for (uint32_t i = 0; i < rows; i++) chosen[i] = i * 5 % rows;
    for (size_t line = 0; line < words / 8; line++)
      starts[line + 1] = starts[line] + 1 + (uint32_t)below(most_planes);
    for (size_t n = 2; n <= rows; n++) {
      size_t first = below(n), end = first + below(n - first), next = 0;
      uint32_t counts[rows * rows + 1] = {0}, weighted[rows + 1] = {0};
      uint32_t weighted_pairs[rows * rows + 1] = {0};
      const uint64_t *all = below(4) ? prefix : NULL;
      lode_bitmap_count_pairs(all, bitmaps, words, chosen, n, first, end, words, node, counts);
      for (size_t i = first; i < end; i++)
        for (size_t j = i + 1; j < n; j++) {
          uint32_t sum = 0;
          for (size_t w = 0; w < words; w++)
            sum += (uint32_t)__builtin_popcountll((all ? all[w] : UINT64_MAX) &
                                                  bitmaps[chosen[i] * words + w] &
                                                  bitmaps[chosen[j] * words + w]);
          if (counts[next++] != sum) fail("a pair's count differs", i, j);
        }
      if (counts[next] != 0) fail("counting pairs wrote behind the end", n, next);
      lode_bitmap_count_weighted(prefix, bitmaps, words, chosen, n, words, planes, starts, weighted);
      for (size_t i = 0; i < n; i++) {
        uint64_t sum = 0;
        for (size_t w = 0; w < words; w++)
          for (uint32_t plane = starts[w / 8]; plane < starts[w / 8 + 1]; plane++)
            sum += (uint64_t)__builtin_popcountll(prefix[w] & bitmaps[chosen[i] * words + w] &
                                                  planes[plane * 8 + w % 8])
                   << (starts[w / 8 + 1] - 1 - plane);
        if (weighted[i] != (uint32_t)sum) fail("a weighted count differs", words, i);
      }
      if (weighted[n] != 0) fail("weighted counting wrote behind the end", words, n);
      lode_bitmap_count_pairs_weighted(all, bitmaps, words, chosen, n, first, end, words, planes,
                                       starts, node, weighted_pairs);
      next = 0;
      for (size_t i = first; i < end; i++) {
        for (size_t w = 0; w < words; w++)
          node[w] = (all ? all[w] : UINT64_MAX) & bitmaps[chosen[i] * words + w];
        for (size_t j = i + 1; j < n; j++) {
          uint32_t apart = 0;
          lode_bitmap_count_weighted(node, bitmaps, words, chosen + j, 1, words, planes, starts,
                                     &apart);
          if (weighted_pairs[next++] != apart) fail("a pair's weighted count differs", i, j);
        }
      }
      if (weighted_pairs[next] != 0) fail("weighted pairs wrote behind the end", n, next);
    }
  }
}

// Moving bits, and choosing by counts.
static void check_selection(void) {
  enum { most = 100 };
  for (size_t n = 0; n <= most; n++) {
    uint64_t bitmap[most], mask[most], out[most + 1] = {0}, expected[most + 1] = {0};
    uint32_t places[most], siblings[most], counts[most];
    size_t kept = 0, bits = 0;
    for (size_t i = 0; i < n; i++) {
      bitmap[i] = random_word();
      mask[i] = below(3) ? random_word() & random_word() : below(2) ? UINT64_MAX : 0;
      if (mask[i]) places[kept++] = (uint32_t)i;
      for (unsigned bit = 0; bit < 64; bit++)
        if (mask[i] >> bit & 1) {
          expected[bits / 64] |= (bitmap[i] >> bit & 1) << bits % 64;
          bits++;
        }
      siblings[i] = (uint32_t)below(1000);
      counts[i] = (uint32_t)below(20);
    }
    lode_bitmap_gather(out, bitmap, mask, places, kept);
    if (memcmp(out, expected, (bits + 63) / 64 * 8)) fail("gathered bits differ", n, bits);
    uint32_t extensions[most + LODE_SELECT_ROOM], perfect[most + LODE_SELECT_ROOM];
    uint64_t extension_counts[most + LODE_SELECT_ROOM];
    struct lode_selected selected = lode_select_frequent(siblings, counts, n, 7, 15, extensions,
                                                         extension_counts, perfect);
    uint32_t listed[most + LODE_SELECT_ROOM], listed_places[most + LODE_SELECT_ROOM];
    lode_list_above(counts, n, 11, 30, listed_places, listed);
    uint32_t extension = 0, same = 0, above = 0;
    for (size_t i = 0; i < n; i++) {
      if (counts[i] == 15) {
        if (perfect[same++] != siblings[i]) fail("a perfect extension differs", n, i);
      } else if (counts[i] >= 7) {
        if (extensions[extension] != siblings[i] || extension_counts[extension] != counts[i])
          fail("an extension differs", n, i);
        extension++;
      }
      if (counts[i] > 11) {
        if (listed[above] != counts[i] || listed_places[above] != i + 30)
          fail("a listed count differs", n, i);
        above++;
      }
    }
    if (selected.extensions != extension || selected.perfect != same)
      fail("so many were selected", selected.extensions, selected.perfect);
  }
}

enum { most_items = 1 << 14 };

// Lines of known integers, and one that is none of these somewhere, or at the end.
static void check_lines(int spoiled) {
  static uint8_t text[most_items * 9 + 16];
  static uint32_t table[2000], ids[most_items], read_items[most_items + 64];
  static ptrdiff_t ends[most_items], read_ends[most_items + 64];
  static size_t starts[most_items];
  static struct lode_new_integer new_integers[most_items];
  for (size_t value = 0; value < 2000; value++)
    table[value] = value % 97 == 13 ? UINT32_MAX : (uint32_t)(value * 7 + 1);
  const char *separator = spoiled % 2 ? "," : " ";
  const char *newline = spoiled % 3 ? "\n" : "\r\n";
  size_t length = 0, items = 0, lines = 0, spoiled_line = SIZE_MAX;
  size_t line_count = 20 + below(300);
  if (spoiled) spoiled_line = below(line_count);
  for (size_t line = 0; line < line_count; line++) {
    starts[line] = length;
    size_t width = 1 + below(below(8) == 0 ? 60 : 12);
    for (size_t item = 0; item < width; item++) {
      size_t value = below(2000);
      while (table[value] == UINT32_MAX) value = below(2000);
      if (line < spoiled_line) ids[items++] = table[value];
      if (item > 0) length += (size_t)sprintf((char *)text + length, "%s", separator);
      length += (size_t)sprintf((char *)text + length, "%zu", value);
    }
    if (line == spoiled_line) {
      static const char *const spoilers[] = {" x7", " 007", " 12345678", " 1\r2"};
      length += (size_t)sprintf((char *)text + length, "%s%s", separator, spoilers[below(4)]);
    }
    length += (size_t)sprintf((char *)text + length, "%s", newline);
    if (line < spoiled_line) ends[lines++] = (ptrdiff_t)items;
  }
  memset(text + length, '5', 16);
  struct lode_integer_lines in = {
      text, 0, length, (uint8_t)separator[0], (uint8_t)separator[0], 1 << 20, table, 2000,
      UINT32_MAX, read_items, most_items, read_ends, most_items, new_integers,
      most_items};
  struct lode_integer_lines_read read = lode_read_integer_lines(&in);
  if (read.lines > lines) fail("a line too many was read", read.lines, lines);
  // What is left is the unreadable line, or less than 64 bytes and the line that they are in.
  size_t must = spoiled_line != SIZE_MAX ? starts[spoiled_line] : length;
  if (read.position + 64 + 60 * 6 < (must < length - 64 ? must : length - 64))
    fail("reading stopped early", read.position, must);
  for (size_t line = 0; line < read.lines; line++)
    if (read_ends[line] != ends[line]) fail("a line ends elsewhere", line, (size_t)ends[line]);
  if (read.new_integers != 0) fail("a known integer is called new", read.new_integers, 0);
  if (read.items != (read.lines ? (size_t)ends[read.lines - 1] : 0))
    fail("the number of items differs", read.items, read.lines);
  for (size_t item = 0; item < read.items; item++)
    if (read_items[item] != ids[item]) fail("an item differs", item, ids[item]);
  if (read.lines < line_count && read.position != starts[read.lines])
    fail("reading stopped inside a line", read.position, read.lines);
}

int main(int count, char **names) {
  for (int i = 1; i < count; i++) {
    if (!lode_kernel_choose(names[i])) {
      fprintf(stderr, "there are no %s kernels here\n", names[i]);
      return 1;
    }
    check_bitmaps();
    check_groups();
    check_selection();
    for (int round = 0; round < 300; round++) check_lines(round);
    printf("%s kernels agree with plain loops\n", names[i]);
  }
  return 0;
}
