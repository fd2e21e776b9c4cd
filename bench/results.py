"""Describes where a benchmark ran, and stores its report."""

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


def store(report, text, picture, folder):
    """Writes NAME.json, .md and .svg, named after day and commit; gives back the JSON's path."""
    folder.mkdir(exist_ok=True)
    quick = "-quick" if report["quick"] else ""
    path = folder / f"{report['time'][:10]}-{report['commit']}{quick}.json"
    path.write_text(json.dumps(report, indent=2) + "\n")
    path.with_suffix(".md").write_text(text + "\n")
    path.with_suffix(".svg").write_text(picture)
    return os.path.relpath(path)
