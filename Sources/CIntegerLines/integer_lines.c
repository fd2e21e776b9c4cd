// The choice between instruction sets.
#include "classes.h"

#include <string.h>

#include "bitmap_kernels.h"

struct lode_integer_lines_read lode_read_integer_lines(const struct lode_integer_lines *lines) {
  const char *kernels = lode_kernel_name();
#if defined(__x86_64__)
  if (strcmp(kernels, "avx512") == 0)
    return lode_has_avx512vbmi() ? lode_read_lines_avx512vbmi(lines) : lode_read_lines_avx512(lines);
  if (strcmp(kernels, "avx2") == 0 && __builtin_cpu_supports("lzcnt"))
    return lode_read_lines_avx2(lines);
#endif
#if defined(__aarch64__)
  if (strcmp(kernels, "neon") == 0) return lode_read_lines_neon(lines);
#endif
  (void)kernels;
  return (struct lode_integer_lines_read){lines->start, 0, 0, 0};
}
