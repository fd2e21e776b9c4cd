/* Runs Christian Borgelt's Eclat or FP-growth, from the C sources inside PyFIM's source
 * distribution, as one process on one file: reads baskets, mines all frequent itemsets, writes them
 * as text "1 2 3 (count)" or only counts them, and prints their number.
 *
 *     borgelt eclat|fpgrowth FILE MINIMUM_COUNT            counts
 *     borgelt eclat|fpgrowth FILE MINIMUM_COUNT OUTPUT     writes text to OUTPUT
 *
 * The file is read in one piece and cut at blanks by hand, which costs no more than his own reader.
 * Algorithms and modes are PyFIM's defaults, with the preformatted numbers of his own programs,
 * which make text faster. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eclat.h"
#include "fpgrowth.h"
#include "report.h"
#include "tract.h"

/* Share of the transactions above which support is no limit, and the same for confidence. */
static const double ALL_PERCENT = 100;
static const double CONFIDENCE_PERCENT = 80; /* of rules, which are not asked for */
static const double EVALUATION_THRESHOLD = 10; /* of an evaluation, which is not asked for */
/* Items are recoded so that infrequent ones come first, PyFIM's order for both algorithms. */
static const int SORT_ITEMS = 2;

static void fail(const char *what, const char *which) {
  fprintf(stderr, "borgelt: %s %s%s%s\n", what, which, errno ? ": " : "",
          errno ? strerror(errno) : "");
  exit(1);
}

static void check(int failed, const char *step) {
  if (failed) fail("no success in", step);
}

/* The bytes of a file, with a newline and a zero after them. */
static char *contents(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) fail("cannot open", path);
  long size = ftell(file);
  rewind(file);
  char *bytes = malloc((size_t)size + 2);
  if (size < 0 || !bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size) {
    fail("cannot read", path);
  }
  fclose(file);
  bytes[size] = '\n';
  bytes[size + 1] = 0;
  *length = (size_t)size;
  return bytes;
}

/* One transaction a line, items separated by blanks; empty lines are skipped. */
static TABAG *transactions(const char *path, ITEMBASE *items) {
  size_t length;
  char *bytes = contents(path, &length);
  TABAG *bag = tbg_create(items);
  check(!bag, "creating transactions");
  for (char *at = bytes; at < bytes + length; at++) {
    int count = 0;
    ib_clear(items);
    for (;;) {
      while (*at == ' ' || *at == '\t' || *at == '\r') at++;
      if (*at == '\n') break;
      char *name = at;
      while ((unsigned char)*at > ' ') at++;
      if (at == name) fail("a control character in", path);
      char end = *at;
      *at = 0;
      check(ib_add2ta(items, name) < 0, "adding an item");
      *at = end;
      count++;
    }
    if (count == 0) continue;
    ib_finta(items, 1);
    check(tbg_addib(bag) < 0, "adding a transaction");
  }
  free(bytes);
  return bag;
}

/* Makes a reporter write "item item (count)" to a file, or only count where there is none. */
static void open_report(ISREPORT *report, const char *output) {
  isr_setfmt(report, 0, "", " ", "<-", " (%a)");
  if (output) check(isr_open(report, NULL, output), "opening the output");
  check(isr_setup(report) < 0, "preparing the report");
}

static ISREPORT *mine_eclat(TABAG *bag, ITEMBASE *items, double minimum, const char *output) {
  ECLAT *miner = eclat_create(ISR_SETS, minimum, ALL_PERCENT, CONFIDENCE_PERCENT, 1, ITEM_MAX,
                              ECL_NONE, ECL_NONE, EVALUATION_THRESHOLD, ECL_OCCDLV,
                              ECL_DEFAULT | ECL_PREFMT);
  check(!miner || eclat_data(miner, bag, 0, SORT_ITEMS), "preparing eclat");
  ISREPORT *report = isr_create(items);
  check(!report || eclat_report(miner, report), "preparing eclat's report");
  open_report(report, output);
  check(eclat_mine(miner, ITEM_MIN, 0), "eclat");
  return report;
}

static ISREPORT *mine_fpgrowth(TABAG *bag, ITEMBASE *items, double minimum, const char *output) {
  FPGROWTH *miner = fpg_create(ISR_SETS, minimum, ALL_PERCENT, CONFIDENCE_PERCENT, 1, ITEM_MAX,
                               FPG_NONE, FPG_NONE, EVALUATION_THRESHOLD, FPG_SIMPLE,
                               FPG_DEFAULT | FPG_PREFMT);
  check(!miner || fpg_data(miner, bag, 0, SORT_ITEMS), "preparing fpgrowth");
  ISREPORT *report = isr_create(items);
  check(!report || fpg_report(miner, report), "preparing fpgrowth's report");
  open_report(report, output);
  check(fpg_mine(miner, ITEM_MIN, 0), "fpgrowth");
  return report;
}

int main(int count, char **arguments) {
  long minimum = count > 3 ? atol(arguments[3]) : 0;
  int is_eclat = count > 1 && strcmp(arguments[1], "eclat") == 0;
  int is_fpgrowth = count > 1 && strcmp(arguments[1], "fpgrowth") == 0;
  if (count < 4 || count > 5 || minimum < 1 || (!is_eclat && !is_fpgrowth)) {
    fprintf(stderr, "usage: borgelt eclat|fpgrowth FILE MINIMUM_COUNT [OUTPUT]\n");
    return 2;
  }
  const char *output = count > 4 ? arguments[4] : NULL;
  ITEMBASE *items = ib_create(0, 0);
  check(!items, "creating items");
  TABAG *bag = transactions(arguments[2], items);
  /* A negative support is a count, a positive one a percentage. */
  ISREPORT *report = (is_eclat ? mine_eclat : mine_fpgrowth)(bag, items, -(double)minimum, output);
  printf("%zu\n", isr_repcnt(report));
  if (output) check(isr_close(report), "writing the output");
  return 0;
}
