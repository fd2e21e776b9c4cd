// Lines of small integers to ids, 64 bytes of text at a time.
//
// Follows the choice of bitmap_kernels.h: AVX-512, AVX2 or NEON; where LODE_KERNEL=scalar, or nothing
// wider can run, no line is read and all is left to the caller, whose own loop reads the same.
#ifndef LODE_INTEGER_LINES_H
#define LODE_INTEGER_LINES_H

#include <stddef.h>
#include <stdint.h>

// An item that has no id yet: where it is to stand in the ids, and where it stands in the text.
struct lode_new_integer {
  size_t item, start, length;
};

struct lode_integer_lines {
  // The text; bytes start..<end are read, start begins a line and eight more bytes follow end.
  const uint8_t *text;
  size_t start, end;
  // What stands between items; both may be the same.
  uint8_t first_separator, second_separator;
  // A line of more bytes, its newline included, is not read.
  size_t line_limit;
  // The ids of integers by value; what equals `unknown` has none.
  const uint32_t *table;
  size_t table_count;
  uint32_t unknown;
  // Room for ids, and for where each line ends in them.
  uint32_t *items;
  size_t item_room;
  ptrdiff_t *ends;
  size_t end_room;
  // Room for items without id, which are `unknown` among the ids.
  struct lode_new_integer *new_integers;
  size_t new_room;
};

// What was read: whole lines up to `position`, with so many items without id.
struct lode_integer_lines_read {
  size_t position, items, lines, new_integers;
};

// Reads lines until one that is anything but integers of at most 7 digits without leading zeros, or is
// blank, until there may be no room, or near the end of the text. A line with an item that has no id
// may, but need not, be read. Reading none is always allowed.
struct lode_integer_lines_read lode_read_integer_lines(const struct lode_integer_lines *lines);

// How many of the first bytes are surely ASCII other than NUL: all up to the first other one but for up
// to 255, or fewer. Follows the same choice; 0 is always allowed.
size_t lode_plain_text(const uint8_t *text, size_t count);

#endif
