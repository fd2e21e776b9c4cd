"""Measures lode against rusket, mlxtend and Spark MLlib, each in an environment of its own."""

import json
import subprocess
import tempfile
from pathlib import Path

from grid import lode_command
from processes import Failure, OverTime, count_lines, medians, repeats_within, run, say
from rows import PEER_ROWS

HERE = Path(__file__).resolve().parent
# One run of a peer may take this long; what takes longer is told so.
LIMIT_SECONDS = 240
QUICK_LIMIT_SECONDS = 90
# Lode takes milliseconds where a peer takes seconds, so that some more runs cost nothing.
LODE_RUNS = 5


class Peers:
    """The peers that can be installed; each is tried once, and left out with a message."""

    def __init__(self):
        self._pythons = {}
        self.left_out = set()

    def python(self, peer):
        """The path of the peer's Python, or None."""
        if peer not in self._pythons:
            install = [str(HERE / "peers" / "install"), peer]
            done = subprocess.run(install, stdout=subprocess.PIPE, text=True, check=False)
            self._pythons[peer] = done.stdout.strip() if done.returncode == 0 else None
            if done.returncode != 0:
                say(f"{peer} cannot be installed; its rows are left out")
                self.left_out.add(peer)
        return self._pythons[peer]


def run_peer(python, script, arguments, limit_seconds):
    """Runs one of the scripts in peers/: its Run, and what it printed, read from JSON."""
    with tempfile.NamedTemporaryFile() as output:
        command = [python, str(HERE / "peers" / script), *map(str, arguments)]
        taken = run(
            command, stdout_path=output.name, limit_seconds=limit_seconds, with_children=True
        )
        # Libraries print what they like; ours is the last line.
        lines = Path(output.name).read_text().strip().splitlines()
        if not lines:
            raise Failure(f"{script} printed nothing: {taken.said[-2000:]}")
        return taken, json.loads(lines[-1])


def run_lode(command):
    """Runs lode some times, after once that warms the caches up."""
    run(command)
    return medians([run(command) for _ in range(LODE_RUNS)])


def repeated(python, script, arguments, options):
    """Runs a peer as often as the time for a row allows: medians, and its last answer."""
    limit = QUICK_LIMIT_SECONDS if options.quick else LIMIT_SECONDS
    taken, answer = run_peer(python, script, arguments, limit)
    runs = [taken]
    for _ in range(repeats_within(taken.wall, options.row_seconds, 3) - 1):
        taken, answer = run_peer(python, script, arguments, limit)
        runs.append(taken)
    return medians(runs), answer


def measure_row(lode, peer_row, data, python, options):
    row, peer = peer_row.row, peer_row.peer
    minimum = row.minimum_count(data.transactions)
    command = lode_command(lode, data.path, minimum)
    ours = run_lode(command)
    result = {
        "name": row.name,
        "peer": peer,
        "minimum_count": minimum,
        "itemsets": count_lines(command),
        "lode": ours,
        "over_time": None,
        "different_counts": [],
        "missed": [],
        "goal": {"times_as_fast": peer_row.times_as_fast, "memory": peer_row.share_of_memory},
    }
    try:
        theirs, answer = repeated(python, f"{peer}_mine.py", [data.path, minimum], options)
    except OverTime as over:
        return {
            **result,
            "over_time": str(over),
            "times_as_fast": over.limit_seconds / ours["wall_seconds"],
        }
    result |= {
        "theirs": theirs,
        "mining_seconds": answer["mining_seconds"],
        "times_as_fast": theirs["wall_seconds"] / ours["wall_seconds"],
        "times_as_fast_as_its_mining": answer["mining_seconds"] / ours["wall_seconds"],
        "share_of_memory": ours["peak_mib"] / theirs["peak_mib"],
    }
    if answer["count"] != result["itemsets"]:
        result["different_counts"].append(f"{peer} {answer['count']:,}")
    if result["times_as_fast"] < peer_row.times_as_fast:
        result["missed"].append(f"speed < {peer_row.times_as_fast}")
    limit = peer_row.share_of_memory
    if limit and result["share_of_memory"] > limit:
        result["missed"].append(f"memory > 1/{1 / limit:.0f}")
    return result


def measure(lode, sets, peers, options):
    """All rows that are asked for, whose data are at hand and whose peer can be installed."""
    measured = []
    for peer_row in PEER_ROWS:
        if not options.wants(peer_row.row):
            continue
        data = sets.get(peer_row.row.data)
        python = peers.python(peer_row.peer) if data else None
        if python:
            say(f"{peer_row.row.name} by {peer_row.peer} ...")
            measured.append(measure_row(lode, peer_row, data, python, options))
    return measured
