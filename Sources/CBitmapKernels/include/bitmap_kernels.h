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

// For every i in first..<end and every j in i+1..<n, in this order:
// counts[next++] += popcount(prefix & bitmap(rows[i]) & bitmap(rows[j])).
//
// The work of a group: each of its nodes against its later siblings. `prefix` may be null, which
// stands for all bits; `node` is room for `words` words.
void lode_bitmap_count_pairs(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                             const uint32_t *rows, size_t n, size_t first, size_t end, size_t words,
                             uint64_t *node, uint32_t *counts);

// For every i in 0..<n: counts[i] += the weights of the bits of prefix & bitmaps[rows[i] * stride ..].
//
// Weights stand as bit planes, line by line of 8 words: of line l the planes starts[l]..<starts[l + 1],
// each of 8 words, highest first. `words` is a multiple of 8, and all beyond the last row is zero.
void lode_bitmap_count_weighted(const uint64_t *prefix, const uint64_t *bitmaps, size_t stride,
                                const uint32_t *rows, size_t n, size_t words, const uint64_t *planes,
                                const uint32_t *starts, uint32_t *counts);

// The same for all pairs of a group, as lode_bitmap_count_pairs counts them.
void lode_bitmap_count_pairs_weighted(const uint64_t *prefix, const uint64_t *bitmaps,
                                      size_t stride, const uint32_t *rows, size_t n, size_t first,
                                      size_t end, size_t words, const uint64_t *planes,
                                      const uint32_t *starts, uint64_t *node, uint32_t *counts);

// Writes one after the other the bits of `bitmap` where `mask` has bits, to zeroed words.
//
// `places` are the n words of the mask that are not zero, ascending. As many words are written as
// the bits of the mask need.
void lode_bitmap_gather(uint64_t *out, const uint64_t *bitmap, const uint64_t *mask,
                        const uint32_t *places, size_t n);

// How many of the candidates of a node became what.
struct lode_selected {
  uint32_t extensions, perfect;
};

// The elements behind the last one written that lode_select_frequent may overwrite in each array.
enum { LODE_SELECT_ROOM = 16 };

// Selects among the n siblings of a node by the counts of the candidates they make: those whose count
// is that of the node go to `perfect`, others with at least `minimum` to `extensions`, with counts.
struct lode_selected lode_select_frequent(const uint32_t *siblings, const uint32_t *counts, size_t n,
                                          uint32_t minimum, uint64_t node, uint32_t *extensions,
                                          uint64_t *extension_counts, uint32_t *perfect);

// Lists the counts above `allowance` with their places, from `first` on, which must fit.
void lode_list_above(const uint32_t *counts, size_t n, uint32_t allowance, uint32_t first,
                     uint32_t *places, uint32_t *listed);

// Asks the processor to load the cache line of `address`, which need not be valid memory.
static inline void lode_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
