"""Counts the instructions of reference runs, so that a slow-down shows on a noisy machine too.

Started by bench/instructions. One thread, kernels forced, all itemsets or rules to /dev/null, on
data that are generated and so are the same everywhere. Counts change by some thousandths with the
place of memory and the libraries of the system; 3 % is a change of the program.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import results
from datasets import DataSets
from processes import Failure, say
from rows import CONNECT_FOUR, LONG_QUEST, SMALL_QUEST, Row

HERE = Path(__file__).resolve().parent
STORED = HERE / "results" / "instructions.json"
# Valgrind does not know AVX-512.
KERNEL = "avx2"
ALLOWED_GROWTH = 0.03

RUNS = {
    "sparse, few itemsets": (Row(SMALL_QUEST.name, "0.5"), "itemsets"),
    "sparse, many candidates": (Row(SMALL_QUEST.name, "0.02"), "itemsets"),
    "long transactions": (Row(LONG_QUEST.name, "2"), "itemsets"),
    "dense, millions of itemsets": (Row(CONNECT_FOUR, "90"), "itemsets"),
    "rules": (Row(SMALL_QUEST.name, "0.02"), "rules"),
}


def command(lode, row, data, target):
    return [
        lode, "mine", str(data.path), "--target", target,
        "--min-support", str(row.minimum_count(data.transactions)),
        "--output", "csv" if target == "rules" else "fimi", "--quiet", "--threads", "1",
    ]  # fmt: skip


def instructions(measured):
    """How many instructions a command takes, by callgrind."""
    with tempfile.NamedTemporaryFile() as output:
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output.name}"]
        done = subprocess.run(
            [*tool, *measured],
            env={**os.environ, "LODE_KERNEL": KERNEL},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Failure(f"valgrind: exit status {done.returncode}\n{done.stderr[-2000:]}")
        for line in Path(output.name).read_text().splitlines():
            if line.startswith(("summary:", "totals:")):
                return int(line.split()[1])
    raise Failure("callgrind wrote no total")


def stripped(lode, folder):
    """A copy without debugging information, which Valgrind of today cannot read."""
    copy = str(Path(folder) / "lode")
    if subprocess.run(["strip", "-o", copy, lode], check=False).returncode != 0:
        raise Failure("strip failed: apt-get install -y binutils")
    return copy


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench/instructions",
        description="Counts the instructions of five runs and fails where one takes more than "
        f"{ALLOWED_GROWTH:.0%} more than is recorded.",
        epilog="Example: bench/instructions --record",
    )
    parser.add_argument("--record", action="store_true", help="take the counts as the new record")
    return parser.parse_args()


def main():
    chosen = arguments()
    for tool, package in (("valgrind", "valgrind"), ("strip", "binutils")):
        if not shutil.which(tool):
            raise Failure(f"there is no {tool}: apt-get install -y {package}")
    with tempfile.TemporaryDirectory() as folder:
        compare(os.environ["LODE"], folder, chosen.record)


def compare(lode, folder, is_record):
    """Measures all runs, prints them beside the record, and takes them or judges them."""
    measured = stripped(lode, folder)
    sets = DataSets(HERE / ".data", lode, None)
    record = json.loads(STORED.read_text()) if STORED.exists() else {"runs": {}}
    runs, slower = {}, []
    print("| run | instructions, millions | recorded | change |\n|---|--:|--:|--:|")
    for name, (row, target) in RUNS.items():
        data = sets.get(row.data)
        before = record["runs"].get(name)
        if before and before["data_sha256"] != data.sha256:
            raise Failure(f"{row.data} is not what was recorded: see --record")
        say(f"{name} ...")
        count = instructions(command(measured, row, data, target))
        runs[name] = {
            "row": row.name,
            "target": target,
            "instructions": count,
            "data_sha256": data.sha256,
        }
        change = count / before["instructions"] - 1 if before else 0
        recorded = f"{before['instructions'] / 1e6:,.1f}" if before else ""
        print(f"| {name}: {row.name} | {count / 1e6:,.1f} | {recorded} | {change:+.2%} |", flush=True)
        if change > ALLOWED_GROWTH:
            slower.append(f"{name} {change:+.1%}")
    if is_record or not record["runs"]:
        surroundings = results.surroundings(HERE.parent, lode)
        STORED.write_text(
            json.dumps({"kernel": KERNEL, **surroundings, "runs": runs}, indent=2) + "\n"
        )
        say(f"recorded in {os.path.relpath(STORED)}")
    elif slower:
        raise Failure(f"more instructions than recorded: {', '.join(slower)}")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        say(f"bench/instructions: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
