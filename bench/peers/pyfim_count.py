"""Prints the number of frequent itemsets of a file by PyFIM: pyfim_count.py FILE MINIMUM_COUNT."""

import sys

import fim


def main():
    path, minimum = sys.argv[1], int(sys.argv[2])
    with open(path, "rb") as file:
        transactions = [line.split() for line in file if line.strip()]
    # A pattern spectrum says how many itemsets there are of each size and support, so that the
    # itemsets themselves, 90 million in one row, need no memory. A negative support is a count.
    spectrum = fim.eclat(transactions, target="s", supp=-minimum, zmin=1, report="#")
    print(sum(int(number) for number in spectrum.values()))


if __name__ == "__main__":
    main()
