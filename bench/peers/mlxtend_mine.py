"""Mines a file with mlxtend: mlxtend_mine.py FILE MINIMUM_COUNT [MINIMUM_CONFIDENCE OUTPUT].

Without a confidence: FP-growth, its fastest. With one: also all rules of it, written as CSV. Prints
the number of itemsets or rules and the seconds of the calls of mlxtend as JSON.
"""

import json
import sys
import time

import pandas
from mlxtend.frequent_patterns import association_rules, fpgrowth
from mlxtend.preprocessing import TransactionEncoder


def table(path):
    """The transactions of a file as mlxtend's documentation encodes them."""
    with open(path) as file:
        transactions = [line.split() for line in file if line.strip()]
    encoder = TransactionEncoder()
    return pandas.DataFrame(encoder.fit(transactions).transform(transactions), columns=encoder.columns_)


def main():
    path, minimum = sys.argv[1], int(sys.argv[2])
    transactions = table(path)
    started = time.perf_counter()
    # Half a transaction less: mlxtend compares shares in floating point.
    share = (minimum - 0.5) / len(transactions)
    found = fpgrowth(transactions, min_support=share, use_colnames=True)
    if len(sys.argv) > 3:
        found = association_rules(found, metric="confidence", min_threshold=float(sys.argv[3]))
    seconds = time.perf_counter() - started
    if len(sys.argv) > 4:
        found.to_csv(sys.argv[4], index=False)
    print(json.dumps({"count": len(found), "mining_seconds": seconds}))


if __name__ == "__main__":
    main()
