"""Measures lode against its peers; started by bench/run, which prepares Borgelt's miners."""

import argparse
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import bars
import grid
import memory
import other_peers
import reading
import results
import rules
import tables
from datasets import DataSets
from processes import Failure, say

HERE = Path(__file__).resolve().parent
PARTS = ("grid", "peers", "rules", "reading", "memory")


@dataclass(frozen=True)
class Options:
    """What is measured, and how often."""

    quick: bool
    only: str
    repeats: int
    row_seconds: float

    def wants(self, row):
        return (row.quick or not self.quick) and self.only in row.name


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description=__doc__.split(";")[0] + ".",
        epilog="Example: LODE_TEST_DATA=~/fimi bench/run --parts grid --only retail",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows, fewer repeats")
    parser.add_argument(
        "--check", action="store_true", help="fail where something that is to be reached is not"
    )
    parser.add_argument("--repeats", type=int, help="most runs of each program (9; quick: 3)")
    parser.add_argument("--only", default="", help="only rows whose name contains this text")
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        help=f"only these of: {', '.join(PARTS)}",
        metavar="PART",
    )
    chosen = parser.parse_args()
    if chosen.repeats is not None and chosen.repeats < 1:
        parser.error("--repeats takes a number of at least 1")
    return chosen


def measure(lode, sets, peers, parts, options):
    """The tables that are asked for, by name, and the seconds that each took."""
    measured = {part: [] for part in PARTS} | {"summary": {}, "seconds": {}}
    for part in (part for part in PARTS if part in parts):
        started = time.monotonic()
        if part == "grid":
            measured["grid"], measured["summary"] = grid.measure(lode, sets, options)
        elif part == "peers":
            measured["peers"] = other_peers.measure(lode, sets, peers, options)
        elif part == "rules":
            measured["rules"] = rules.measure(lode, sets, peers, options)
        elif part == "reading":
            measured["reading"] = reading.measure(lode, sets, options, HERE / ".data")
        elif part == "memory":
            measured["memory"] = memory.measure(lode, sets, options)
        measured["seconds"][part] = round(time.monotonic() - started)
    return measured


def main():
    chosen = arguments()
    started = time.monotonic()
    options = Options(
        quick=chosen.quick,
        only=chosen.only,
        repeats=chosen.repeats or (3 if chosen.quick else 9),
        row_seconds=2 if chosen.quick else 8,
    )
    lode = os.environ["LODE"]
    sets = DataSets(HERE / ".data", lode, os.environ.get("LODE_TEST_DATA"))
    peers = other_peers.Peers()
    report = {
        "quick": options.quick,
        "repeats": options.repeats,
        **results.surroundings(HERE.parent, lode),
        **measure(lode, sets, peers, chosen.parts, options),
        "data": sets.described(),
        "left_out": sorted(sets.missing | peers.left_out),
    }
    report["minutes"] = round((time.monotonic() - started) / 60, 1)
    rows = [row for part in PARTS for row in report[part]]
    if not rows:
        raise Failure("no row was measured: see --only, --parts and LODE_TEST_DATA")
    if report["left_out"]:
        say(f"left out: {', '.join(report['left_out'])} (published data: set LODE_TEST_DATA)")
    text = tables.markdown(report)
    print(text)
    # Some rows only are a look at them, not the record of a commit.
    is_whole = set(chosen.parts) == set(PARTS) and not options.only
    folder = HERE / ("results" if is_whole else ".data")
    stored = results.store(report, text, bars.draw(report), folder)
    say(f"stored as {stored}, .md and .svg, after {report['minutes']} minutes")

    unequal = [row["name"] for row in rows if row.get("different_counts")]
    missed = [f"{row['name']} ({'; '.join(row['missed'])})" for row in rows if row["missed"]]
    if unequal:
        raise Failure(f"the numbers found differ: {', '.join(unequal)}")
    if missed and chosen.check:
        raise Failure(f"not reached: {', '.join(missed)}")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        say(f"bench/run: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
