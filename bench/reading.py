"""Measures what every run of lode costs: starting up, and reading integer baskets."""

from grid import lode_command
from processes import medians, run, say
from rows import LARGE_QUEST, SMALL_QUEST, Row

STARTS = 21
READS = 5
START_MILLISECONDS = 5
MEGABYTES_A_SECOND_A_CORE = 400


def measure_start(lode, folder):
    """Mining a file of one transaction."""
    say("start-up ...")
    folder.mkdir(exist_ok=True)
    path = folder / "one-transaction.dat"
    path.write_text("1 2 3\n")
    command = lode_command(lode, path, 1)
    taken = medians([run(command) for _ in range(STARTS)])
    is_over = taken["wall_seconds"] * 1000 > START_MILLISECONDS
    return {
        "name": "start-up: one transaction",
        "lode": taken,
        "megabytes_a_second_a_core": None,
        "missed": [f"over {START_MILLISECONDS} ms"] if is_over else [],
    }


def measure_reading(lode, data, name, start):
    """Mining with a support that no item reaches, so that reading is all there is to do.

    What starting takes is left out of the speed, though not of the times.
    """
    say(f"reading {name} ...")
    command = lode_command(lode, data.path, data.transactions)
    taken = medians([run(command) for _ in range(READS)])
    speed = data.size / 1e6 / (taken["cpu_seconds"] - start["lode"]["cpu_seconds"])
    is_slow = speed < MEGABYTES_A_SECOND_A_CORE
    return {
        "name": f"reading {name}, {data.size / 1e6:.0f} MB",
        "lode": taken,
        "megabytes_a_second_a_core": speed,
        "missed": [f"under {MEGABYTES_A_SECOND_A_CORE} MB/s a core"] if is_slow else [],
    }


def measure(lode, sets, options, folder):
    """Start-up, and the reading of generated data."""
    start = measure_start(lode, folder)
    measured = [] if options.only else [start]
    for row in (Row(SMALL_QUEST.name, "100", quick=True), Row(LARGE_QUEST.name, "100")):
        if options.wants(row):
            measured.append(measure_reading(lode, sets.get(row.data), row.data, start))
    return measured
