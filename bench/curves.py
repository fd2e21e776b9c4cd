"""Draws a report of bench/large: time and peak memory over the number of transactions.

    bench/curves.py REPORT.json > PICTURE.svg
"""

import json
import math
import sys

import svg

WIDTH, HEIGHT = 860, 330
PLOT_WIDTH, PLOT_HEIGHT = 330, 210
LEFTS, TOP = (70, 490), 70
LIMIT_MIB = 700


def step(highest):
    """A round step that cuts an axis into four to eight parts."""
    raw = max(highest, 1e-9) / 5
    power = 10 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)


class Plot:
    """One pair of linear axes that begin at zero."""

    def __init__(self, left, name, across, up):
        self.left = left
        self.name = name
        self.across = across
        self.up = up

    def x(self, value):
        return self.left + value / self.across * PLOT_WIDTH

    def y(self, value):
        return TOP + PLOT_HEIGHT - value / self.up * PLOT_HEIGHT

    def axes(self, millions):
        yield svg.text(self.left, TOP - 14, self.name, "group")
        by = step(self.up)
        for number in range(int(self.up / by + 1e-9) + 1):
            y = self.y(number * by)
            yield svg.straight(self.left, y, self.left + PLOT_WIDTH, y)
            yield svg.text(self.left - 8, y + 4, f"{number * by:,g}", "small right")
        for value in millions:
            yield svg.text(self.x(value), TOP + PLOT_HEIGHT + 18, f"{value:g}", "small middle")
        yield svg.text(
            self.left + PLOT_WIDTH / 2, TOP + PLOT_HEIGHT + 38, "million transactions",
            "small middle",
        )  # fmt: skip


def points(report, run, field):
    """(millions, value) of the runs that gave a result."""
    return [
        (size["millions"], size["runs"][run][field])
        for size in report["sizes"]
        if not size["runs"][run]["failed"]
    ]


def draw(report):
    """The picture as SVG."""
    millions = [size["millions"] for size in report["sizes"]]
    parts = []
    for left, field, name in zip(LEFTS, ("wall", "peak_mib"), ("seconds", "peak memory, MiB")):
        lines = [(kind, points(report, run, field)) for run, kind in enumerate(("first", "peer"))]
        values = [value for _, line in lines for _, value in line]
        limit = [LIMIT_MIB] if field == "peak_mib" else []
        plot = Plot(left, name, max(millions), max(values + limit, default=1) * 1.08)
        parts += plot.axes(millions)
        for place in limit:
            parts.append(
                svg.straight(left, plot.y(place), left + PLOT_WIDTH, plot.y(place), "limit")
            )
        for kind, line in lines:
            parts.append(svg.polyline([(plot.x(x), plot.y(y)) for x, y in line], kind))
    title = "Mining ever more transactions, with and without a limit on memory"
    memory = report["sizes"][0]["runs"][1]["memory"]
    entries = [("first", "all memory"), ("peer", f"--memory {memory}; dashed: its goal")]
    top = [svg.text(8, 20, title, "title"), svg.legend(8, 40, entries)]
    return svg.picture(WIDTH, HEIGHT, title, top + parts)


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        sys.stdout.write(draw(json.load(file)))
