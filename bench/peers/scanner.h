/* What the item set reporter asks of the name formatter that PyFIM's source distribution leaves out:
 * names are written as they are, without quotes. */
#ifndef SCANNER_H
#define SCANNER_H
#include <string.h>

/* The length of a name as written; the same, unformatted, goes to *length. */
static inline size_t scn_fmtlen(const char *name, size_t *length) {
  size_t written = strlen(name);
  if (length) *length = written;
  return written;
}

/* Writes a name and gives back its length; nothing needs quoting, so `quote` changes nothing. */
static inline size_t scn_format(char *destination, const char *name, int quote) {
  (void)quote;
  size_t length = strlen(name);
  memcpy(destination, name, length + 1);
  return length;
}
#endif
