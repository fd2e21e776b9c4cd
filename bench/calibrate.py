"""Measures what choices between ways to count rest on; started by bench/calibrate."""

import argparse
import json
import math
import os
import statistics
import sys
from pathlib import Path

import results
from datasets import DataSets
from grid import geometric_mean
from processes import Failure, output_of, say
from rows import GRID
from tables import head, line, milliseconds

HERE = Path(__file__).resolve().parent
# What is chosen may take this many times what the best way takes, or so many seconds more.
FACTOR = 1.3
SECONDS = 0.001
# Counting by bitmaps may take this many times what its kernels take.
KERNEL_FACTOR = 1.3
# A way that was given up took more than this many times as long as the chosen one.
GIVEN_UP = 4
LIMITS = {
    "share": "items are in more than this share of rows on average, or",
    "sparse_meetings": "two items meet in at most so many times the rows of the rarest, and",
    "advantage": "by rows pairs take so many times as long as by bitmaps",
}


def calibrate(*arguments):
    return json.loads(output_of([os.environ["CALIBRATE"], *map(str, arguments)]))


def nanoseconds(seconds):
    return f"{seconds * 1e9:.1f}"


def kernel_table(measured):
    """Each instruction set, and where the one in use is not the best."""
    names = list(dict.fromkeys(time["kernel"] for time in measured["times"]))
    by_words = {}
    for time in measured["times"]:
        by_words.setdefault(time["words"], {})[time["kernel"]] = time["count"]
    yield "## Kernels"
    yield ""
    yield (
        f"Nanoseconds of one AND and population count in the first-level cache, one at a time and "
        f"in batches of eight; {measured['chosen']} is in use."
    )
    yield from head(
        [">words", *(f">{name}, {batch}" for name in names for batch in ("one", "eight"))]
        + ["not the best"]
    )
    for words, times in by_words.items():
        best = min(times, key=lambda name: times[name]["8"])
        is_best = times[measured["chosen"]]["8"] <= FACTOR * times[best]["8"]
        cells = [nanoseconds(times[name][batch]) for name in names for batch in ("1", "8")]
        yield line(str(words), *cells, "" if is_best else best)


def seconds_of(row, way):
    taken = row["ways"][way]
    return taken["seconds"] if taken else math.inf


def judged(row):
    """The best way of a row, and how many times as long the chosen one takes.

    Where the choice is one of the other ways, it is as fast as that, whatever was measured.
    """
    equal = ["automatic", "dense" if row["bitmaps_pay"] else "sparse"]
    chosen = min(seconds_of(row, way) for way in equal)
    best = min(row["ways"], key=lambda way: seconds_of(row, way))
    return best, chosen, chosen / seconds_of(row, best)


def is_missed(row):
    best, chosen, factor = judged(row)
    return factor > FACTOR and chosen - seconds_of(row, best) > SECONDS


def choice_table(rows):
    yield ""
    yield "## Choices"
    yield ""
    yield (
        "Blocks in memory to closed levels, one thread, least of up to 9 runs in turn. Chosen is "
        f"what `lode` does; it is to take at most {FACTOR} times as long as the best of all ways, or "
        "a millisecond more. Of larger data the first 262,144 transactions, a block set, are taken."
    )
    ways = list(rows[0]["ways"])
    yield from head(
        ["data, minimum support", "chosen", *(f">{way} ms" for way in ways)]
        + [">times the best", "not reached"]
    )
    for row in rows:
        best, _, factor = judged(row)
        yield line(
            row["name"],
            "bitmaps" if row["bitmaps_pay"] else "rows",
            *(
                milliseconds(seconds_of(row, way)) if row["ways"][way] else f"> {GIVEN_UP}x"
                for way in ways
            ),
            f"{factor:.2f}",
            best if is_missed(row) else "",
        )


def loss(row, limits):
    """How many times the better of bitmaps and rows the choice by these limits takes."""
    pays = row["share"] > limits["share"] or (
        row["meetings"] <= limits["sparse_meetings"] and row["advantage"] >= limits["advantage"]
    )
    given_up = GIVEN_UP * judged(row)[1]
    bitmaps = min(seconds_of(row, way) for way in ("dense", "denseSeparate", "denseClasses"))
    bitmaps, rows = min(bitmaps, given_up), min(seconds_of(row, "sparse"), given_up)
    return (bitmaps if pays else rows) / min(bitmaps, rows)


def fitted(rows, name, compiled):
    """The range of one limit that loses least where the others stay: low, high, mean."""
    field = name.removeprefix("sparse_")
    values = sorted({row[field] for row in rows if row[field] is not None})
    tries = [0, *((a + b) / 2 for a, b in zip(values, values[1:])), values[-1] * 2]
    mean = {
        value: geometric_mean([loss(row, compiled | {name: value}) for row in rows])
        for value in tries
    }
    least = min(mean.values())
    near = [value for value in tries if mean[value] <= least * 1.001]
    return near[0], near[-1], least


def limit_table(rows):
    compiled = rows[0]["compiled"]
    losses = [loss(row, compiled) for row in rows]
    yield ""
    yield "## Limits between bitmaps and rows of items"
    yield ""
    yield (
        "Measured is the range of each limit that would lose least on these rows, the others as "
        f"compiled in. As compiled in they lose {geometric_mean(losses) - 1:.1%} on average and "
        f"{max(losses) - 1:.0%} at most."
    )
    yield from head(["bitmaps are chosen where", ">compiled in", ">measured", ">then lost"])
    for name, meaning in LIMITS.items():
        low, high, least = fitted(rows, name, compiled)
        yield line(meaning, f"{compiled[name]:g}", f"{low:.3g} to {high:.3g}", f"{least - 1:.1%}")


def straight_line(points):
    """The least squares line through points: its value at 0, and its slope."""
    mean_x, mean_y = (statistics.fmean(values) for values in zip(*points))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0
    return mean_y - slope * mean_x, slope


def time_table(rows):
    """The times that the estimate of pairs adds up."""
    compiled = rows[0]["compiled"]
    made = [row for row in rows if row["ways"]["sparse"] and row["occurrences"]]
    counted = [row for row in rows if row["ways"]["denseSeparate"] and row["items"] > 1]
    planes = [plane_nanoseconds(row) for row in rows if has_planes(row)]
    yield ""
    yield "## Times that estimates add up"
    yield from head(["nanoseconds of", ">compiled in", ">measured"])

    def cells(meaning, name, measured):
        return line(meaning, f"{compiled[name]:g}", f"{measured:.3g}")

    if counted:
        word, rank = straight_line(
            [
                (row["items"], row["ways"]["denseSeparate"]["pairs"] * 1e9 / row["pair_words"])
                for row in counted
            ]
        )
        yield cells("a word of two bitmaps", "word", word)
        yield cells("the same, for each item more", "word_rank", rank)
    for meaning, name, part, count in (
        ("an occurrence made a rank in a row", "occurrence", "projecting", "occurrences"),
        ("a rank that follows in a row", "follower", "pairs", "followers"),
    ):
        times = [row["ways"]["sparse"][part] * 1e9 / row[count] for row in made]
        if times:
            yield cells(meaning, name, statistics.median(times))
    if planes:
        yield line(
            "a plane of weights of 512 merged rows, a candidate", "1.2", f"{statistics.median(planes):.3g}"
        )


def has_planes(row):
    """Whether merged rows were counted long enough to tell what a plane takes."""
    return (
        row["bound"]
        and row["bound"]["candidates"] > 1000
        and len(row["merged_words"]) > 1
        and row["ways"]["denseMerged"]
    )


def plane_nanoseconds(row):
    """What a line of a plane takes."""
    candidate = row["ways"]["denseMerged"]["counting"] * 1e9 / row["bound"]["candidates"]
    return candidate / (sum(row["merged_words"]) / 8)


def bound_table(rows):
    yield ""
    yield "## Counting by bitmaps beside its kernels"
    yield ""
    yield (
        "An AND makes an intersection, a call counts one bitmap against its later siblings. Kernels: "
        "all of these at the speed measured alone, with as many siblings; with merged rows for each "
        f"weight plane. Counting is to take at most {KERNEL_FACTOR} times as long."
    )
    yield from head(
        ["data, minimum support", ">candidates", ">calls", ">ANDs", ">words", ">kernels ms"]
        + [">counting ms", ">times", ">ns a candidate"]
    )
    for row in rows:
        bound = row["bound"]
        if bound and bound["candidates"]:
            words = bound["words"]
            yield line(
                row["name"],
                f"{bound['candidates']:,}",
                f"{bound['calls']:,}",
                f"{bound['ands']:,}",
                f"{words[0]}" if len(words) == 1 else f"{sum(words)} in {len(words)} planes",
                f"{bound['kernel_seconds'] * 1e3:.2f}",
                f"{bound['counting_seconds'] * 1e3:.2f}",
                f"{bound['counting_seconds'] / bound['kernel_seconds']:.2f}",
                nanoseconds(bound["counting_seconds"] / bound["candidates"]),
            )


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench/calibrate",
        description="Measures the kernels and every way to count each row of the grid: the limits "
        "between bitmaps and rows anew, and what is chosen against the best.",
        epilog="Example: LODE_TEST_DATA=~/fimi bench/calibrate --only chess",
    )
    parser.add_argument("--only", default="", help="only rows whose name contains this text")
    parser.add_argument(
        "--check", action="store_true", help=f"fail where a choice takes over {FACTOR}x the best"
    )
    return parser.parse_args()


def main():
    chosen = arguments()
    lode = os.environ["LODE"]
    sets = DataSets(HERE / ".data", lode, os.environ.get("LODE_TEST_DATA"))
    say("kernels ...")
    kernels, rows = calibrate("kernels"), []
    for row in GRID:
        data = sets.get(row.data) if chosen.only in row.name else None
        if data:
            say(f"{row.name} ...")
            rows.append({"name": row.name, **calibrate("row", data.path, f"{row.percent}%")})
    print("\n".join(kernel_table(kernels)))
    if not rows:
        raise Failure("no row was measured: see --only and LODE_TEST_DATA")
    for table in (choice_table, limit_table, time_table, bound_table):
        print("\n".join(table(rows)))
    report = {**results.surroundings(HERE.parent, lode), "kernels": kernels, "rows": rows}
    stored = HERE / (".data" if chosen.only else "results") / "calibration.json"
    stored.write_text(json.dumps(report, indent=2) + "\n")
    say(f"stored as {os.path.relpath(stored)}")
    if sets.missing:
        say(f"left out: {', '.join(sorted(sets.missing))} (published data: set LODE_TEST_DATA)")
    missed = [row["name"] for row in rows if is_missed(row)]
    if missed:
        say(f"not near the best: {', '.join(missed)}")
        if chosen.check:
            raise Failure(f"{len(missed)} choices take over {FACTOR} times the best")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        say(f"bench/calibrate: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
