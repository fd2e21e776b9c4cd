// Rows by item, from items by row.
#ifndef LODE_ROW_LISTS_H
#define LODE_ROW_LISTS_H

#include <stddef.h>
#include <stdint.h>

// Writes the number of each row to the place of each of its items in `rows`, and moves the place on.
// Row r has the items from ends[r - 1], or 0, up to ends[r]; ends ascend, and every item has one of the
// `place_count` places.
void lode_lay_out_rows16(const uint16_t *items, const uint32_t *ends, size_t row_count,
                         uint32_t *places, size_t place_count, uint16_t *rows);
void lode_lay_out_rows32(const uint32_t *items, const uint32_t *ends, size_t row_count,
                         uint32_t *places, size_t place_count, uint16_t *rows);

#endif
