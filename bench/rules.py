"""Measures lode's rules, file to CSV, beside mlxtend's."""

import os
import subprocess
import tempfile
from pathlib import Path

from grid import lode_command
from other_peers import repeated, run_lode
from processes import OverTime, count_lines, say
from rows import RULE_ROWS

# A lift that no rule has: all rules are made, and none is written.
NO_LIFT = "1000000000"
# What is to be reached where rules are so many that writing them is what takes time.
RULES_A_SECOND_A_CORE = 3_000_000
MANY_RULES = 10_000_000


def rules_command(lode, path, minimum, confidence, both_sides=True, minimum_lift=None):
    """Mines all rules as CSV; with any number of items on both sides, or one consequent."""
    return [
        lode, "mine", str(path), "--target", "rules", "--min-support", str(minimum),
        "--min-confidence", confidence, "--max-consequent", "none" if both_sides else "1",
        "--output", "csv", "--quiet", *(["--min-lift", minimum_lift] if minimum_lift else []),
    ]  # fmt: skip


def rules_at_the_limit(command, confidence):
    """How many rules have exactly the minimum confidence."""
    limit = confidence.encode()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        header = process.stdout.readline().strip().split(b",")
        # From the right: only the items, in front, may hold a comma.
        column = header.index(b"confidence") - len(header)
        return sum(line.rsplit(b",")[column] == limit for line in process.stdout)


def measure_row(lode, rule_row, data, python, options):
    minimum = rule_row.row.minimum_count(data.transactions)
    confidence = rule_row.confidence
    command = rules_command(lode, data.path, minimum, confidence)
    single = rules_command(lode, data.path, minimum, confidence, both_sides=False)
    made = rules_command(lode, data.path, minimum, confidence, False, NO_LIFT)
    ours = run_lode(command)
    mining = run_lode(lode_command(lode, data.path, minimum))
    rules = count_lines(command) - 1
    result = {
        "name": f"{rule_row.row.name}, confidence {confidence}",
        "rules": rules,
        "lode": ours,
        "lode_itemsets": mining,
        "lode_single_consequents": run_lode(single),
        "lode_single_made": run_lode(made),
        "single_consequent_rules": count_lines(single) - 1,
        "rules_a_second": rules / ours["wall_seconds"],
        "rules_a_second_a_core": rules / ours["cpu_seconds"],
        "over_time": None,
        "different_counts": [],
        "missed": [],
    }
    extra = result["lode_single_made"]["wall_seconds"] - mining["wall_seconds"]
    if extra > mining["wall_seconds"]:
        result["missed"].append("making single-consequent rules costs more than mining")
    if rules >= MANY_RULES and result["rules_a_second_a_core"] < RULES_A_SECOND_A_CORE:
        result["missed"].append(f"rules a second a core < {RULES_A_SECOND_A_CORE:,}")
    if not python:
        return result
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "rules.csv"
        arguments = [data.path, minimum, confidence, output]
        try:
            theirs, answer = repeated(python, "mlxtend_mine.py", arguments, options)
        except OverTime as over:
            return {
                **result,
                "over_time": str(over),
                "times_as_fast": over.limit_seconds / ours["wall_seconds"],
            }
        written = os.path.getsize(output)
    result |= {
        "theirs": theirs,
        "their_rules": answer["count"],
        "their_bytes": written,
        "mining_seconds": answer["mining_seconds"],
        "times_as_fast": theirs["wall_seconds"] / ours["wall_seconds"],
        "share_of_memory": ours["peak_mib"] / theirs["peak_mib"],
    }
    # It divides in floating point: some rules of exactly the minimum confidence come out below it.
    if not 0 <= rules - answer["count"] <= rules_at_the_limit(command, confidence):
        result["different_counts"].append(f"mlxtend {answer['count']:,}")
    return result


def measure(lode, sets, peers, options):
    """All rows that are asked for and whose data are at hand, with mlxtend where it is."""
    measured = []
    for rule_row in RULE_ROWS:
        data = sets.get(rule_row.row.data) if options.wants(rule_row.row) else None
        if data:
            say(f"rules of {rule_row.row.name} ...")
            python = peers.python("mlxtend") if rule_row.with_mlxtend else None
            measured.append(measure_row(lode, rule_row, data, python, options))
    return measured
