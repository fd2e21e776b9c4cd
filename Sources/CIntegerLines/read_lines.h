// The loop over 64 bytes at a time, compiled once for each instruction set.
//
// Before it is included, TARGET is the attribute of the functions, READ_LINES the name of the loop and
// CLASSIFY a function of that target. Three numbers of each item are found without a branch: where it
// ends, how long it is, and its value. So an item costs about 30 instructions, and the only
// mispredicted branches are those of the number of items and lines in 64 bytes.
#include "classes.h"

TARGET struct lode_integer_lines_read READ_LINES(const struct lode_integer_lines *in) {
  // The least value of so many digits without a leading zero.
  static const uint32_t least[8] = {0, 0, 10, 100, 1000, 10000, 100000, 1000000};
  struct lode_integer_lines_read done = {in->start, 0, 0, 0};
  size_t at = in->start;  // never inside an item
  size_t written = 0;
  while (at + 64 <= in->end && written + 32 <= in->item_room && done.lines + 64 <= in->end_room) {
    struct byte_classes class = CLASSIFY(in->text + at, in->first_separator, in->second_separator);
    // A carriage return separates where a newline follows, and only there.
    uint64_t newline_after = class.newlines >> 1 | (uint64_t)(in->text[at + 64] == '\n') << 63;
    uint64_t breaks = (class.separators & ~class.digits) | class.newlines |
                      (class.returns & newline_after);
    uint64_t others = ~(class.digits | breaks);
    uint64_t sound = (others & -others) - 1;  // the bytes before the first other one
    breaks &= sound;
    if (breaks == 0) break;
    uint64_t item_ends = breaks & class.digits << 1;
    uint64_t newlines = class.newlines & sound;
    size_t before = written;
    int stops = others != 0;
    for (uint64_t left = item_ends; left != 0; left &= left - 1) {
      unsigned end = (unsigned)__builtin_ctzll(left);  // at least 1: a digit stands before
      uint64_t before_item = ~class.digits << (64 - end) | (uint64_t)1 << (63 - end);
      unsigned length = (unsigned)__builtin_clzll(before_item);
      uint32_t id = in->unknown;
      if (length <= 7) {
        uint64_t word;
        __builtin_memcpy(&word, in->text + at + end - length, 8);
        // Shifted up, the missing leading digits become zero bytes.
        word = word << (64 - 8 * length) & 0x0F0F0F0F0F0F0F0F;
        word = word * (10 << 8 | 1) >> 8 & 0x00FF00FF00FF00FF;
        word = word * (100 << 16 | 1) >> 16 & 0x0000FFFF0000FFFF;
        word = word * ((uint64_t)10000 << 32 | 1) >> 32;
        if (word >= least[length] && word < in->table_count) id = in->table[word];
      }
      if (id == in->unknown) {
        uint64_t before_end = ((uint64_t)1 << end) - 1;
        item_ends &= before_end;
        newlines &= before_end;
        stops = 1;
        break;
      }
      in->items[written++] = id;
    }
    for (; newlines != 0; newlines &= newlines - 1) {
      unsigned end = (unsigned)__builtin_ctzll(newlines);
      uint64_t up_to_end = ((uint64_t)2 << end) - 1;
      size_t items = before + (size_t)__builtin_popcountll(item_ends & up_to_end);
      size_t next = at + end + 1;
      if (items == done.items || next - done.position > in->line_limit) return done;
      in->ends[done.lines++] = (ptrdiff_t)items;
      done.items = items;
      done.position = next;
    }
    if (stops) break;
    at += 64 - (size_t)__builtin_clzll(breaks);
  }
  return done;
}
