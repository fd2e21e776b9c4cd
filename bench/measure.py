"""Measures lode against Borgelt's miners; started by bench/run, which prepares everything."""

import argparse
import os
import sys
from pathlib import Path

import results
from datasets import DataSets
from processes import Failure, count_lines, medians, output_of, run_in_turn, say
from rows import MEMORY_ROWS, ROWS

HERE = Path(__file__).resolve().parent
BORGELT = str(HERE / ".peers" / "borgelt")
ALGORITHMS = ("eclat", "fpgrowth")


def lode_command(lode, path, minimum, single_thread=True):
    threads = ["--threads", "1"] if single_thread else []
    return [
        lode, "mine", str(path), "--target", "itemsets", "--min-support", str(minimum),
        "--output", "fimi", "--quiet", *threads,
    ]  # fmt: skip


def pyfim_count(path, minimum):
    """The number of frequent itemsets by PyFIM, in a process of its own."""
    return int(output_of([sys.executable, str(HERE / "pyfim_count.py"), str(path), str(minimum)]))


def check_counts(lode, data, minimum):
    """Counts the itemsets with all four programs and says which differ.

    Borgelt's code of PyFIM 6.28 leaves out an item that is in every transaction ({85} in mushroom),
    so that its number is one too low there.
    """
    counts = {"lode": count_lines(lode_command(lode, data.path, minimum))}
    for algorithm in ALGORITHMS:
        counts[algorithm] = int(output_of([BORGELT, algorithm, str(data.path), str(minimum)]))
    counts["pyfim"] = pyfim_count(data.path, minimum)
    expected = counts["lode"] - (1 if data.has_item_in_all else 0)
    different = [
        name for name, count in counts.items() if name != "lode" and count != expected
    ]
    return counts, different


def measure_row(lode, row, data, repeats):
    minimum = row.minimum_count(data.transactions)
    counts, different = check_counts(lode, data, minimum)
    commands = {"lode": lode_command(lode, data.path, minimum)}
    for algorithm in ALGORITHMS:
        commands[algorithm] = [BORGELT, algorithm, str(data.path), str(minimum), os.devnull]
    taken = {name: medians(runs) for name, runs in run_in_turn(commands, repeats).items()}
    best = min(ALGORITHMS, key=lambda algorithm: taken[algorithm]["wall_seconds"])
    ratio = taken["lode"]["wall_seconds"] / taken[best]["wall_seconds"]
    return {
        "name": row.name,
        "minimum_count": minimum,
        "itemsets": counts["lode"],
        "counts": counts,
        "different_counts": different,
        "programs": taken,
        "best_peer": best,
        "ratio": ratio,
        "cpu_ratio": taken["lode"]["cpu_seconds"] / taken[best]["cpu_seconds"],
        "allowed_ratio": row.allowed_ratio,
        "within": row.allowed_ratio is None or ratio <= row.allowed_ratio,
    }


def measure_memory(lode, memory_row, data, repeats):
    minimum = memory_row.row.minimum_count(data.transactions)
    command = lode_command(lode, data.path, minimum, single_thread=False)
    taken = medians(run_in_turn({"lode": command}, min(repeats, 3))["lode"])
    return {
        "name": memory_row.row.name,
        "minimum_count": minimum,
        "peak_mib": taken["peak_mib"],
        "limit_mib": memory_row.limit_mib,
        "wall_seconds": taken["wall_seconds"],
        "within": taken["peak_mib"] <= memory_row.limit_mib,
    }


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__.split(";")[0] + ".")
    parser.add_argument("--quick", action="store_true", help="fewer rows, 3 repeats")
    parser.add_argument(
        "--check", action="store_true", help="fail where a ratio or a peak is over its limit"
    )
    parser.add_argument("--repeats", type=int, help="runs of each program a row (9; quick: 3)")
    parser.add_argument("--only", default="", help="only rows whose name contains this text")
    chosen = parser.parse_args()
    if chosen.repeats is not None and chosen.repeats < 1:
        parser.error("--repeats takes a number of at least 1")
    return chosen


def main():
    chosen = arguments()
    lode = os.environ["LODE"]
    repeats = chosen.repeats or (3 if chosen.quick else 9)
    sets = DataSets(HERE / ".data", lode, os.environ.get("LODE_TEST_DATA"))
    surroundings = results.surroundings(HERE.parent, lode)
    measured, memory, missing = [], [], set()

    def wanted(row, quick):
        if (chosen.quick and not quick) or chosen.only not in row.name:
            return None
        data = sets.get(row.data)
        if data is None:
            missing.add(row.data)
        return data

    for row in ROWS:
        if data := wanted(row, row.quick):
            say(f"{row.name} ...")
            measured.append(measure_row(lode, row, data, repeats))
    for memory_row in MEMORY_ROWS:
        if data := wanted(memory_row.row, memory_row.quick):
            say(f"{memory_row.row.name}, memory ...")
            memory.append(measure_memory(lode, memory_row, data, repeats))
    if missing:
        say(f"without LODE_TEST_DATA left out: {', '.join(sorted(missing))}")
    if not measured and not memory:
        raise Failure("no row was measured: see --only and LODE_TEST_DATA")

    report = {
        "repeats": repeats,
        **surroundings,
        "data": sets.described(),
        "rows": measured,
        "memory": memory,
    }
    print(results.markdown(report))
    say(f"stored as {results.store(report, HERE / 'results')} and .md")
    unequal = [row["name"] for row in measured if row["different_counts"]]
    over = [row["name"] for row in measured + memory if not row["within"]]
    if unequal:
        raise Failure(f"the numbers of itemsets differ: {', '.join(unequal)}")
    if over and chosen.check:
        raise Failure(f"over the limit: {', '.join(over)}")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        say(f"bench/run: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
