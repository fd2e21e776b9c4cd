"""What `bench/scale` does: see there."""

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import svg
from processes import say

RESULTS = Path(__file__).resolve().parent / "results"
WIDTH, HEIGHT = 860, 350
PLOT_WIDTH, PLOT_HEIGHT = 330, 220
LEFTS, TOP = (70, 490), 80
LEAST, MOST = 0.001, 3.0
REDUCERS = {"coordinator": "peer", "workers": "first"}
SHARES = ("share", "model's share")


def table(simulate, workers, plain):
    """The rows of `simulate --scale`: its columns by name."""
    command = [simulate, "--scale", *(["--plain"] if plain else [])]
    for count in workers:
        command += ["--workers", str(count)]
    say(" ".join(command[1:]) + " ...")
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in printed.splitlines()
        if line.startswith("|")
    ]
    names = lines[0]
    return [dict(zip(names, cells)) for cells in lines[2:]]


def axes(left, name, workers, x, y):
    yield svg.text(left, TOP - 14, name, "group")
    for value, label in ((0.001, "0.1 %"), (0.01, "1 %"), (0.1, "10 %"), (1, "100 %")):
        kind = "limit" if value == 1 else "grid"
        yield svg.straight(left, y(value), left + PLOT_WIDTH, y(value), kind)
        yield svg.text(left - 8, y(value) + 4, label, "small right")
    for count in workers:
        yield svg.text(x(count), TOP + PLOT_HEIGHT + 18, f"{count:,}", "small middle")
    yield svg.text(left + PLOT_WIDTH / 2, TOP + PLOT_HEIGHT + 38, "workers", "small middle")


def draw(report):
    """The picture as SVG."""
    workers = report["workers"]
    title = "How busy the coordinator is while workers count"
    parts = [
        svg.text(8, 20, title, "title"),
        svg.legend(
            8, 40,
            [("peer", "the coordinator adds up"), ("first", "workers do; dashed: the model")],
        ),
    ]  # fmt: skip
    low, high = math.log(workers[0]), math.log(workers[-1])
    bottom, top = math.log(LEAST), math.log(MOST)
    for left, (name, rows) in zip(LEFTS, report["tables"].items()):

        def x(count, left=left):
            return left + (math.log(count) - low) / max(high - low, 1e-9) * PLOT_WIDTH

        def y(value):
            part = (math.log(min(max(value, LEAST), MOST)) - bottom) / (top - bottom)
            return TOP + PLOT_HEIGHT * (1 - part)

        parts += axes(left, name, workers, x, y)
        for reducer, kind in REDUCERS.items():
            chosen = [row for row in rows if row["reduced by"] == reducer]
            for column, style in zip(SHARES, (kind, f"{kind} model")):
                points = [(x(int(row["workers"])), y(float(row[column]))) for row in chosen]
                parts.append(svg.polyline(points, style))
    return svg.picture(WIDTH, HEIGHT, title, parts)


def print_table(report):
    print("| workers | counting, s | added up by | with CURVE, s | busy | model", end="")
    print(" | without, s | busy | model |")
    print("|--:|--:|---|--:|--:|--:|--:|--:|--:|")
    for rows in zip(*report["tables"].values()):
        cells = [f"{int(rows[0]['workers']):,}", rows[0]["counting, s"], rows[0]["reduced by"]]
        for row in rows:
            shares = [f"{float(row[name]) * 100:.1f} %" for name in SHARES]
            cells += [row["simulated, s"], *shares]
        print(f"| {' | '.join(cells)} |")


def main():
    parser = argparse.ArgumentParser(
        description="Simulates a level on 10 to 1,000 workers, and draws how busy the coordinator is.",
        epilog="Example: bench/scale --workers 10 100",
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[10, 30, 100, 300, 1000])
    options = parser.parse_args()
    workers = sorted(set(options.workers))
    simulate = os.environ["LODE_SIMULATE"]
    report = {
        "workers": workers,
        "tables": {
            "with CURVE": table(simulate, workers, plain=False),
            "without": table(simulate, workers, plain=True),
        },
    }
    print_table(report)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "scale.json").write_text(json.dumps(report, indent=1) + "\n")
    (RESULTS / "scale.svg").write_text(draw(report))
    say(f"stored as {RESULTS.name}/scale.json and scale.svg")


if __name__ == "__main__":
    sys.exit(main())
