#include "row_lists.h"

// So many items ahead is where the next row will go asked for: nearly every row goes to a line that the
// first-level cache does not hold, and waiting for it took a third of the time. Places move on by few
// rows until then, so that it is the right line nearly always.
enum { AHEAD = 24 };

void lode_lay_out_rows(const uint32_t *items, const uint32_t *ends, size_t row_count,
                       uint32_t *places, uint16_t *rows) {
  size_t item_count = row_count == 0 ? 0 : ends[row_count - 1];
  size_t last_asked = item_count > AHEAD ? item_count - AHEAD : 0;
  size_t at = 0;
  for (size_t row = 0; row < row_count; row++) {
    size_t end = ends[row];
    if (end <= last_asked) {
      for (; at < end; at++) {
        __builtin_prefetch(&rows[places[items[at + AHEAD]]], 1);
        rows[places[items[at]]++] = (uint16_t)row;
      }
    } else {
      for (; at < end; at++) rows[places[items[at]]++] = (uint16_t)row;
    }
  }
}
