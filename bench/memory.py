"""Measures the peak memory of lode as a user starts it."""

from grid import lode_command
from processes import medians, run, say
from rows import MEMORY_ROWS

RUNS = 3


def measure(lode, sets, options):
    """All rows that are asked for and whose data are at hand."""
    measured = []
    for memory_row in MEMORY_ROWS:
        row = memory_row.row
        data = sets.get(row.data) if options.wants(row) else None
        if not data:
            continue
        say(f"{row.name}, memory ...")
        minimum = row.minimum_count(data.transactions)
        taken = medians([run(lode_command(lode, data.path, minimum)) for _ in range(RUNS)])
        is_over = taken["peak_mib"] > memory_row.limit_mib
        measured.append(
            {
                "name": row.name,
                "minimum_count": minimum,
                "peak_mib": taken["peak_mib"],
                "limit_mib": memory_row.limit_mib,
                "wall_seconds": taken["wall_seconds"],
                "missed": ["over the limit"] if is_over else [],
            }
        )
    return measured
