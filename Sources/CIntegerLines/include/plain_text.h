// Where text stops being plain, found with wide registers.
#ifndef LODE_PLAIN_TEXT_H
#define LODE_PLAIN_TEXT_H

#include <stddef.h>
#include <stdint.h>

// How many of the first bytes are surely ASCII other than NUL: all up to the first other one but for up
// to 255, or fewer. Follows the choice of bitmap_kernels.h; 0 is always allowed.
size_t lode_plain_text(const uint8_t *text, size_t count);

#endif
