#include "row_lists.h"

// So many items ahead is where the next row will go asked for: where rows go to many lines, the
// first-level cache does not hold them, and waiting for them took a third of the time. Places move on by
// few rows until then, so that it is the right line nearly always.
enum { AHEAD = 24 };
// The lines of so few items fit that cache, and asking for them is four more instructions an item.
enum { FEW = 256 };

#define LAY_OUT_ROWS(name, item_type)                                                         \
  void name(const item_type *items, const uint32_t *ends, size_t row_count, uint32_t *places, \
            size_t place_count, uint16_t *rows) {                                             \
    size_t item_count = row_count == 0 ? 0 : ends[row_count - 1];                             \
    size_t last_asked = place_count > FEW && item_count > AHEAD ? item_count - AHEAD : 0;     \
    size_t at = 0;                                                                            \
    for (size_t row = 0; row < row_count; row++) {                                            \
      size_t end = ends[row];                                                                 \
      if (end <= last_asked) {                                                                \
        for (; at < end; at++) {                                                              \
          __builtin_prefetch(&rows[places[items[at + AHEAD]]], 1);                            \
          rows[places[items[at]]++] = (uint16_t)row;                                          \
        }                                                                                     \
      } else {                                                                                \
        for (; at < end; at++) rows[places[items[at]]++] = (uint16_t)row;                     \
      }                                                                                       \
    }                                                                                         \
  }

LAY_OUT_ROWS(lode_lay_out_rows16, uint16_t)
LAY_OUT_ROWS(lode_lay_out_rows32, uint32_t)
