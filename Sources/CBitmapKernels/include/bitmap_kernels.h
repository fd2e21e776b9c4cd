// The innermost loops of counting: AND and population count over bitmaps of 64-bit words.
//
// Every function exists as scalar C, AVX2, AVX-512 (VPOPCNTDQ) and NEON; the widest one this
// processor can run is chosen when the library is loaded. LODE_KERNEL=scalar|avx2|avx512|neon
// forces another one that the processor supports. All give equal results.
#ifndef LODE_BITMAP_KERNELS_H
#define LODE_BITMAP_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "row_lists.h"

// The kernels in use: "scalar", "avx2", "avx512" or "neon".
const char *lode_kernel_name(void);

// 1 where LODE_KERNEL named kernels that are unknown or that this processor cannot run (the widest
// ones are then in use), else 0.
int lode_kernel_request_refused(void);

// Chooses kernels by name; 1 on success, 0 (and no change) where they cannot run here.
// For tests.
int lode_kernel_choose(const char *name);

// out[i] = a[i] & b[i] for i in 0..<words; out may be a or b.
void lode_bitmap_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words);

// For every i in 0..<n: counts[i] += popcount(prefix & bitmaps[rows[i] * stride ..]) << shift.
//
// The work of one node: its bitmap against the bitmap of every later sibling. Each bitmap has
// `words` words; `stride` >= words is the distance between bitmaps.
void lode_bitmap_count_each(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                            const uint32_t *rows, size_t n, size_t words, unsigned shift,
                            uint32_t *counts);

// Asks the processor to load the cache line of `address`, which need not be valid memory.
static inline void lode_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
