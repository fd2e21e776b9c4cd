"""Mines ever larger data sets with and without a limit on memory; started by bench/large."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import curves
import results
from processes import Failure, OverTime, run, say
from rows import Quest

HERE = Path(__file__).resolve().parent
DATA = HERE / ".data"
MILLIONS = (1, 5, 10, 20)
PERCENT = "0.5%"
LIMIT = "512MiB"
# What is to be reached at the largest size.
PEAK_MIB = 700
TIMES_AS_SLOW = 1.5


def quest(millions):
    """T20I6, whose 20 million transactions are 1.6 GB of text."""
    return Quest(millions * 1_000_000, 20, 6, seed=2)


def generated(lode, millions):
    """The file of a size; an old one is kept where it is whole, since generating takes a minute."""
    wanted = quest(millions)
    path = DATA / f"large-{wanted.name}"
    if not path.exists():
        DATA.mkdir(exist_ok=True)
        say(f"generating {path.name}")
        run([*wanted.command(lode), "--quiet", "--to", str(path)])
    return path


def mine(lode, path, memory, limit_seconds):
    """One run as a user would start it: seconds and MiB, or why it failed."""
    command = [
        lode, "mine", str(path), "--target", "itemsets", "--min-support", PERCENT,
        "--output", "fimi", "--quiet", *(["--memory", memory] if memory else []),
    ]  # fmt: skip
    result = {"memory": memory}
    try:
        taken = asdict(run(command, limit_seconds=limit_seconds))
    except OverTime as over:
        return {**result, "failed": str(over)}
    except Failure as failure:
        return {**result, "failed": str(failure).strip().splitlines()[-1]}
    del taken["said"]
    return {**result, **taken, "failed": None}


def line(size):
    """One size as a row of the table."""
    cells = [f"{size['millions']}", f"{size['bytes'] / 1e6:,.0f}"]
    for taken in size["runs"]:
        if taken["failed"]:
            cells += ["failed", ""]
        else:
            cells += [f"{taken['wall']:.1f}", f"{taken['peak_mib']:,.0f}"]
    cells.append("; ".join(taken["failed"] for taken in size["runs"] if taken["failed"]))
    return f"| {' | '.join(cells)} |"


HEAD = (
    "| transactions, millions | MB of text | s | MiB | s within " + LIMIT + " | MiB | why not |\n"
    "|--:|--:|--:|--:|--:|--:|---|"
)


def missed(sizes):
    """What is to be reached at the largest size and was not."""
    free, limited = sizes[-1]["runs"]
    if limited["failed"]:
        return [f"no result within {LIMIT}"]
    texts = []
    if limited["peak_mib"] > PEAK_MIB:
        texts.append(f"peak of {limited['peak_mib']:.0f} MiB, over {PEAK_MIB}")
    if not free["failed"] and limited["wall"] > TIMES_AS_SLOW * free["wall"]:
        texts.append(f"{limited['wall'] / free['wall']:.2f} times as slow as without a limit")
    return texts


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench/large",
        description=f"Mines T20I6 of 1 to 20 million transactions at {PERCENT}, with all memory "
        f"and with --memory {LIMIT}: seconds, peak memory, and a picture of both.",
        epilog="Example: bench/large --millions 1 5",
    )
    parser.add_argument(
        "--millions", type=int, nargs="+", default=MILLIONS, help="sizes", metavar="N"
    )
    parser.add_argument("--limit-seconds", type=float, default=600, help="most of one run")
    parser.add_argument("--check", action="store_true", help="fail where a goal is not reached")
    chosen = parser.parse_args()
    if min(chosen.millions) < 1 or chosen.limit_seconds <= 0:
        parser.error("--millions and --limit-seconds take positive numbers")
    return chosen


def main():
    chosen = arguments()
    lode = os.environ["LODE"]
    report = {"percent": PERCENT, **results.surroundings(HERE.parent, lode), "sizes": []}
    print(HEAD, flush=True)
    for millions in sorted(chosen.millions):
        path = generated(lode, millions)
        say(f"{millions} million ...")
        runs = [mine(lode, path, memory, chosen.limit_seconds) for memory in (None, LIMIT)]
        size = {"millions": millions, "bytes": path.stat().st_size, "runs": runs}
        report["sizes"].append(size)
        print(line(size), flush=True)
    # Some sizes only are a look at them, not the record.
    is_whole = set(MILLIONS) <= set(chosen.millions)
    stored = (HERE / "results" if is_whole else DATA) / "large.json"
    stored.write_text(json.dumps(report, indent=2) + "\n")
    stored.with_suffix(".svg").write_text(curves.draw(report))
    say(f"stored as {os.path.relpath(stored)} and .svg")
    not_reached = missed(report["sizes"])
    for text in not_reached:
        say(f"not reached: {text}")
    if not_reached and chosen.check:
        raise Failure("; ".join(not_reached))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        say(f"bench/large: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
