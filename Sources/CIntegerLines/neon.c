#if defined(__aarch64__)
#include "classes.h"

#include <arm_neon.h>

#define TARGET

// One bit a byte of four vectors of 0x00 and 0xFF, by three rounds of adding neighbours.
static inline uint64_t mask(const uint8x16_t *v) {
  static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t weight = vld1q_u8(weights);
  uint8x16_t low = vpaddq_u8(vandq_u8(v[0], weight), vandq_u8(v[1], weight));
  uint8x16_t high = vpaddq_u8(vandq_u8(v[2], weight), vandq_u8(v[3], weight));
  uint8x16_t sums = vpaddq_u8(low, high);
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)), 0);
}

static inline struct byte_classes classify(const uint8_t *text, uint8_t first, uint8_t second) {
  uint8x16_t digits[4], separators[4], newlines[4], returns[4];
  for (int i = 0; i < 4; i++) {
    uint8x16_t bytes = vld1q_u8(text + 16 * i);
    digits[i] = vcleq_u8(vsubq_u8(bytes, vdupq_n_u8('0')), vdupq_n_u8(9));
    separators[i] =
        vorrq_u8(vceqq_u8(bytes, vdupq_n_u8(first)), vceqq_u8(bytes, vdupq_n_u8(second)));
    newlines[i] = vceqq_u8(bytes, vdupq_n_u8('\n'));
    returns[i] = vceqq_u8(bytes, vdupq_n_u8('\r'));
  }
  struct byte_classes class = {mask(digits), mask(separators), mask(newlines), mask(returns)};
  return class;
}

#define CLASSIFY classify
#define READ_LINES lode_read_lines_neon
#include "read_lines.h"
#endif
