"""Measures lode, with one and two threads, against the better of Borgelt's two miners."""

import math
import os
import sys
import tempfile
from pathlib import Path

from processes import count_lines, medians, output_of, repeats_within, run, run_in_turn, say
from rows import GRID, prototype_speed

HERE = Path(__file__).resolve().parent
BORGELT = str(HERE / ".peers" / "borgelt")
ALGORITHMS = ("eclat", "fpgrowth")
# What two threads are to reach on rows that take Borgelt this long, and over all of them together.
LONG_ROW_SECONDS = 0.020
LONG_ROW_TIMES_AS_FAST = 2
MEAN_TIMES_AS_FAST = 3
# A miner this much slower in the first round is not the better one, and is not run again.
CLEARLY_SLOWER = 1.5
FEWEST_REPEATS = 3
# PyFIM reads files slowly; these are enough to see that our driver of his code reads them right.
PYFIM_LIMIT_BYTES = 5_000_000


def lode_command(lode, path, minimum, threads=None):
    """Mines all itemsets as text; with all cores unless told otherwise."""
    return [
        lode, "mine", str(path), "--target", "itemsets", "--min-support", str(minimum),
        "--output", "fimi", "--quiet", *(["--threads", str(threads)] if threads else []),
    ]  # fmt: skip


def borgelt_command(algorithm, path, minimum):
    return [BORGELT, algorithm, str(path), str(minimum), os.devnull]


def first_round(commands):
    """Runs each command once: seconds, and what it printed."""
    seconds, printed = {}, {}
    with tempfile.NamedTemporaryFile() as output:
        for name, command in commands.items():
            shown = output.name if name in ALGORITHMS else os.devnull
            seconds[name] = run(command, stdout_path=shown).wall
            printed[name] = Path(output.name).read_text().strip()
    return seconds, printed


def count_itemsets(lode, data, minimum, printed, with_pyfim):
    """The number of itemsets by each program, and the programs whose number is wrong.

    Borgelt's code of PyFIM 6.28 leaves out an item that is in every transaction ({85} in mushroom),
    so that its number is one too low there.
    """
    counts = {"lode": count_lines(lode_command(lode, data.path, minimum))}
    counts |= {algorithm: int(printed[algorithm]) for algorithm in ALGORITHMS}
    if with_pyfim and data.size <= PYFIM_LIMIT_BYTES:
        script = str(HERE / "peers" / "pyfim_count.py")
        counts["pyfim"] = int(output_of([sys.executable, script, str(data.path), str(minimum)]))
    expected = counts["lode"] - (1 if data.has_item_in_all else 0)
    different = [
        name for name, count in counts.items() if name != "lode" and count != expected
    ]
    return counts, different


def missed_goals(row, single, double, best_seconds):
    """What is to be reached and was not, as short texts."""
    missed = []
    wanted = prototype_speed(row)
    if wanted and single < wanted:
        missed.append(f"1 thread < {wanted:.2f}")
    elif single < 1:
        missed.append("1 thread < 1")
    if best_seconds >= LONG_ROW_SECONDS and double < LONG_ROW_TIMES_AS_FAST:
        missed.append(f"2 threads < {LONG_ROW_TIMES_AS_FAST}")
    elif double < 1:
        missed.append("2 threads < 1")
    return missed


def measure_row(lode, row, data, options):
    minimum = row.minimum_count(data.transactions)
    commands = {
        "lode 1": lode_command(lode, data.path, minimum, threads=1),
        "lode 2": lode_command(lode, data.path, minimum, threads=2),
    }
    for algorithm in ALGORITHMS:
        commands[algorithm] = borgelt_command(algorithm, data.path, minimum)
    seconds, printed = first_round(commands)
    counts, different = count_itemsets(lode, data, minimum, printed, not options.quick)
    fastest = min(seconds[algorithm] for algorithm in ALGORITHMS)
    for algorithm in ALGORITHMS:
        if seconds[algorithm] > CLEARLY_SLOWER * fastest:
            del commands[algorithm]
    round_seconds = sum(seconds[name] for name in commands)
    repeats = repeats_within(round_seconds, options.row_seconds, options.repeats)
    repeats = max(repeats, min(FEWEST_REPEATS, options.repeats))
    taken = {name: medians(runs) for name, runs in run_in_turn(commands, repeats).items()}
    best = min(
        (name for name in ALGORITHMS if name in taken), key=lambda name: taken[name]["wall_seconds"]
    )
    single, double = (
        taken[best]["wall_seconds"] / taken[name]["wall_seconds"] for name in ("lode 1", "lode 2")
    )
    return {
        "name": row.name,
        "minimum_count": minimum,
        "itemsets": counts["lode"],
        "counts": counts,
        "different_counts": different,
        "programs": taken,
        "best_peer": best,
        "times_as_fast": {"1": single, "2": double},
        "prototype_times_as_fast": prototype_speed(row),
        "missed": missed_goals(row, single, double, taken[best]["wall_seconds"]),
    }


def geometric_mean(numbers):
    return math.exp(math.fsum(map(math.log, numbers)) / len(numbers))


def summary(rows):
    """Geometric means over all rows, and over those that take Borgelt long enough to matter."""
    long_rows = [
        row
        for row in rows
        if row["programs"][row["best_peer"]]["wall_seconds"] >= LONG_ROW_SECONDS
    ]
    return {
        name: {
            "rows": len(chosen),
            "1": geometric_mean([row["times_as_fast"]["1"] for row in chosen]),
            "2": geometric_mean([row["times_as_fast"]["2"] for row in chosen]),
        }
        for name, chosen in (("all rows", rows), ("rows of 20 ms or more", long_rows))
        if chosen
    }


def measure(lode, sets, options):
    """All rows that are asked for and whose data are at hand, and their summary."""
    measured = []
    for row in GRID:
        data = sets.get(row.data) if options.wants(row) else None
        if data:
            say(f"{row.name} ...")
            measured.append(measure_row(lode, row, data, options))
    return measured, summary(measured)
