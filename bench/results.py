"""Describes where a benchmark ran, prints it as a table and stores it."""

import datetime
import json
import os
import platform
import subprocess
from pathlib import Path


def first_line(command, folder=None):
    """The first line a command prints, or an empty text where it cannot be run."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip().partition("\n")[0] if done.returncode == 0 else ""


def field(path, name):
    """The value of the first line `name : value` in one of the kernel's files."""
    try:
        for line in Path(path).read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    except OSError:
        pass
    return "unknown"


def surroundings(root, lode):
    """The machine, the compilers, the commit, and the time."""
    commit = first_line(["git", "rev-parse", "--short=12", "HEAD"], root) or "unknown"
    # Results of former runs do not change what is measured.
    changes = ["git", "status", "--porcelain", "--", ".", ":!bench/results"]
    if first_line(changes, root):
        commit += "-changed"
    return {
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": commit,
        "binary": os.path.basename(lode),
        "machine": {
            "processor": field("/proc/cpuinfo", "model name"),
            "cores": os.cpu_count(),
            "memory": field("/proc/meminfo", "MemTotal"),
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "load_average": os.getloadavg()[0],
        },
        "compilers": {
            "lode": first_line(["swift", "--version"]),
            "peers": first_line([os.environ.get("CC", "gcc"), "--version"]),
        },
    }


def milliseconds(seconds):
    return f"{seconds * 1000:,.0f}" if seconds >= 0.1 else f"{seconds * 1000:.1f}"


def markdown(report):
    """The report as tables."""
    machine = report["machine"]
    lines = [
        f"# Benchmark of {report['time'][:10]}, commit {report['commit']}",
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory']}, "
        f"{machine['system']}, load {machine['load_average']:.1f} at the start. "
        f"{report['compilers']['lode']}; peers by {report['compilers']['peers']}.",
        "",
        f"Medians of {report['repeats']} runs of whole processes, taken in turn, writing all frequent "
        "itemsets as text to /dev/null; lode with one thread. Borgelt is the better of his Eclat "
        "and FP-growth (PyFIM 6.28's sources). Allowed is 1.5 times the ratio of the prototype.",
        "",
    ]
    if report["rows"]:
        lines += [
            "| data, minimum support | itemsets | lode ms (user) | Borgelt ms (user) | "
            "lode / Borgelt | of CPU | allowed | |",
            "|---|--:|--:|--:|--:|--:|--:|---|",
        ]
    for row in report["rows"]:
        lode, best = row["programs"]["lode"], row["programs"][row["best_peer"]]
        allowed = f"{row['allowed_ratio']:.2f}" if row["allowed_ratio"] else ""
        verdict = "" if row["within"] else "over"
        if row["different_counts"]:
            verdict = "COUNTS DIFFER: " + ", ".join(
                f"{name} {count:,}" for name, count in row["counts"].items()
            )
        lines.append(
            f"| {row['name']} | {row['itemsets']:,} "
            f"| {milliseconds(lode['wall_seconds'])} ({milliseconds(lode['user_seconds'])}) "
            f"| {milliseconds(best['wall_seconds'])} ({milliseconds(best['user_seconds'])}) "
            f"{row['best_peer']} "
            f"| {row['ratio']:.2f} | {row['cpu_ratio']:.2f} | {allowed} | {verdict} |"
        )
    if report["memory"]:
        lines += [
            "",
            "Peak memory of lode with its default number of threads:",
            "",
            "| data, minimum support | MiB | limit | ms | |",
            "|---|--:|--:|--:|---|",
        ]
    for row in report["memory"]:
        lines.append(
            f"| {row['name']} | {row['peak_mib']:.0f} | {row['limit_mib']} "
            f"| {milliseconds(row['wall_seconds'])} | {'' if row['within'] else 'over'} |"
        )
    lines += ["", "| data | transactions | bytes | SHA-256 |", "|---|--:|--:|---|"]
    for name, data in report["data"].items():
        lines.append(
            f"| {name} | {data['transactions']:,} | {data['bytes']:,} | {data['sha256'][:16]}... |"
        )
    return "\n".join(lines)


def store(report, folder):
    """Writes NAME.json and NAME.md, named after day and commit; gives back the JSON's path."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{report['time'][:10]}-{report['commit']}.json"
    path.write_text(json.dumps(report, indent=2) + "\n")
    path.with_suffix(".md").write_text(markdown(report) + "\n")
    return os.path.relpath(path)
