"""Mines a file with rusket's FP-growth, its fastest here: rusket_mine.py FILE MINIMUM_COUNT.

Prints the number of frequent itemsets and the seconds of the mining call as JSON. The transactions
are given as a sparse matrix, which takes the least time and memory; the result stays a table.
"""

import json
import sys
import time

import numpy
import rusket
from scipy.sparse import csr_matrix


def sparse_matrix(path):
    """The transactions of a file of integers, one row each, and the names of the columns."""
    with open(path, "rb") as file:
        rows = [numpy.array(line.split(), dtype=numpy.int32) for line in file if line.strip()]
    starts = numpy.zeros(len(rows) + 1, numpy.int64)
    numpy.cumsum([len(row) for row in rows], out=starts[1:])
    names, columns = numpy.unique(numpy.concatenate(rows), return_inverse=True)
    ones = numpy.ones(len(columns), numpy.int8)
    shape = (len(rows), len(names))
    return csr_matrix((ones, columns.astype(numpy.int32), starts), shape), names.astype(str)


def main():
    path, minimum = sys.argv[1], int(sys.argv[2])
    transactions, names = sparse_matrix(path)
    started = time.perf_counter()
    # Half a transaction less: rusket rounds share x count up in floating point.
    itemsets = rusket.mine(
        transactions,
        min_support=(minimum - 0.5) / transactions.shape[0],
        method="fpgrowth",
        column_names=list(names),
    )
    seconds = time.perf_counter() - started
    print(json.dumps({"count": len(itemsets), "mining_seconds": seconds}))


if __name__ == "__main__":
    main()
