"""Draws a report of bench/run: bars on a logarithmic axis, lode against the best peer of each row.

    bench/bars.py REPORT.json > PICTURE.svg
"""

import json
import math
import sys

import svg

WIDTH = 860
LEFT, RIGHT = 220, 90
BAR, GAP, GROUP_GAP = 7, 6, 26
TOP, BOTTOM = 78, 30


def seconds_text(seconds):
    if seconds >= 1:
        return f"{seconds:,.1f} s" if seconds < 10 else f"{seconds:,.0f} s"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"


def grid_groups(report):
    """(data set, [(label, [(class, seconds)], times as fast)]) of the table against Borgelt."""
    groups = {}
    for row in report["grid"]:
        data, percent = row["name"].rsplit(" ", 2)[0], " ".join(row["name"].rsplit(" ", 2)[1:])
        programs = row["programs"]
        bars = [
            ("peer", programs[row["best_peer"]]["wall_seconds"]),
            ("lode-single", programs["lode 1"]["wall_seconds"]),
            ("lode", programs["lode 2"]["wall_seconds"]),
        ]
        groups.setdefault(f"{data}: Borgelt's C", []).append(
            (percent, bars, row["times_as_fast"]["2"])
        )
    return list(groups.items())


def peer_groups(report):
    """The same of the other peers; what took longer than its limit has no bar."""
    groups = {}
    for row in report["peers"]:
        if not row["over_time"]:
            seconds = row["theirs"]["wall_seconds"]
            bars = [("peer", seconds), ("lode", row["lode"]["wall_seconds"])]
            groups.setdefault(row["peer"], []).append((row["name"], bars, row["times_as_fast"]))
    for row in report["rules"]:
        if "theirs" in row:
            bars = [
                ("peer", row["theirs"]["wall_seconds"]),
                ("lode", row["lode"]["wall_seconds"]),
            ]
            groups.setdefault("mlxtend, rules", []).append(
                (row["name"].replace("confidence ", ""), bars, row["times_as_fast"])
            )
    return list(groups.items())


class Axis:
    """Seconds as places on a logarithmic axis."""

    def __init__(self, seconds):
        self.low = math.floor(math.log10(min(seconds)))
        self.high = max(math.ceil(math.log10(max(seconds))), self.low + 1)

    def at(self, seconds):
        share = (math.log10(seconds) - self.low) / (self.high - self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def lines(self, top, bottom):
        for power in range(self.low, self.high + 1):
            x = self.at(10**power)
            name = f"{10**power:g} s" if power >= 0 else f"{10 ** (power + 3):g} ms"
            yield svg.straight(x, top, x, bottom)
            yield svg.text(x, top - 6, name, "small middle")
            yield svg.text(x, bottom + 16, name, "small middle")


def draw(report):
    """The picture as SVG."""
    groups = grid_groups(report) + peer_groups(report)
    seconds = [took for _, rows in groups for _, bars, _ in rows for _, took in bars]
    if not seconds:
        return svg.picture(WIDTH, 40, "Nothing was measured", [])
    axis = Axis(seconds)
    parts, y = [], TOP
    for name, rows in groups:
        y += GROUP_GAP
        parts.append(svg.text(8, y - 6, name, "group"))
        for label, bars, faster in rows:
            height = len(bars) * BAR
            parts.append(svg.text(LEFT - 8, y + height / 2 + 4, label, "right"))
            for number, (kind, took) in enumerate(bars):
                width = max(axis.at(took) - LEFT, 1)
                parts.append(svg.rectangle(LEFT, y + number * BAR, width, BAR - 1, kind))
            longest = max(took for _, took in bars)
            said = f"{seconds_text(bars[-1][1])}, {faster:.3g}x" if faster < 1000 else (
                f"{seconds_text(bars[-1][1])}, {faster:,.0f}x"
            )
            parts.append(svg.text(axis.at(longest) + 6, y + height / 2 + 4, said, "small"))
            y += height + GAP
    title = "Time of whole processes, file to all itemsets, lode against its peers"
    entries = [
        ("peer", "peer"),
        ("lode-single", "lode, one thread"),
        ("lode", "lode, all cores: its time, and how many times as fast"),
    ]
    top = [
        svg.text(8, 20, title, "title"),
        svg.legend(8, 42, entries),
        *axis.lines(TOP, y),
    ]
    return svg.picture(WIDTH, y + BOTTOM, title, top + parts)


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        sys.stdout.write(draw(json.load(file)))
