"""Measures what safety costs a cluster; started by bench/safety."""

import argparse
import json
import os
import re
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import results
from clusters import Cluster, job_seconds
from datasets import DataSets
from processes import Failure, output_of, say
from rows import LARGE_QUEST, SMALL_QUEST
from tables import head, line

HERE = Path(__file__).resolve().parent
WORKERS = 2
PERCENT = "0.5%"
JOBS = 3
METERS = ("checksums", "fsync")


@dataclass(frozen=True)
class Variant:
    """How a cluster is protected."""

    name: str
    replication: int = 2
    has_keys: bool = False
    without: str = ""


PLAIN = Variant("as it is, without keys")
VARIANTS = (
    PLAIN,
    Variant("one copy of each block", replication=1),
    Variant("with keys (CURVE)", has_keys=True),
    Variant("without checksums", without="checksums"),
    Variant("without fsync", without="fsync"),
)


def built_meter(lode, folder):
    """The shared object of meter.c, after a look whether it can be put in front of this lode."""
    try:
        taken = subprocess.run(
            ["nm", "--dynamic", "--undefined-only", lode],
            capture_output=True, text=True, check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"{error}: apt-get install -y binutils, or name a binary") from error
    for symbol in ("XXH3_64bits", "fsync"):
        if not re.search(rf" {symbol}(@|$)", taken, re.MULTILINE):
            raise Failure(
                f"{lode} does not take {symbol} from a library: build it with LODE_SHARED_LIBRARIES=yes"
            )
    path = Path(folder) / "meter.so"
    compiler = os.environ.get("CC", "gcc")
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(path), str(HERE / "meter.c"), "-ldl"]
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"{error}: apt-get install -y gcc libc6-dev") from error
    return path


class Meters:
    """What the nodes of one cluster have spent on checksums and fsync."""

    def __init__(self, library, folder, without):
        self._library = library
        self._folder = Path(folder)
        self._without = without

    def environment(self, node):
        """What the dynamic linker and the meter are to be told; clients are not metered."""
        meter = {} if node == "client" else {"LODE_METER": str(self._folder / node)}
        return {"LD_PRELOAD": str(self._library), "LODE_WITHOUT": self._without, **meter}

    def read(self):
        """(calls, bytes, seconds) of each meter, of all nodes together."""
        totals = [0] * (3 * len(METERS))
        for path in self._folder.iterdir():
            for index, value in enumerate(struct.unpack(f"={len(totals)}Q", path.read_bytes())):
                totals[index] += value
        return {
            meter: (totals[3 * index], totals[3 * index + 1], totals[3 * index + 2] / 1e9)
            for index, meter in enumerate(METERS)
        }


def step(cluster, meters, action):
    """Runs an action: its seconds, those of the nodes' processors, and of the meters."""
    cpu, before = cluster.cpu_seconds(), meters.read()
    seconds = action()
    after = meters.read()
    spent = {
        meter: dict(
            zip(("calls", "bytes", "seconds"), (a - b for a, b in zip(after[meter], before[meter])))
        )
        for meter in METERS
    }
    return {"seconds": seconds, "cpu_seconds": cluster.cpu_seconds() - cpu, **spent}


def measure_once(lode, library, variant, data, expected):
    """Ingest, and jobs one after the other, in a new cluster."""
    with tempfile.TemporaryDirectory() as folder:
        meters = Meters(library, folder, variant.without)
        cluster = Cluster(
            lode, WORKERS, variant.replication, variant.has_keys, meters.environment
        )
        try:
            steps = {"ingest": step(cluster, meters, lambda: cluster.add("data", data.path))}
            cluster.run("dataset", "verify", "data")  # nothing of it is cached
            for number in range(1, JOBS + 1):

                def job():
                    shown, found, _ = cluster.mine("data", PERCENT)
                    if found != expected:
                        raise Failure(f"{variant.name}: the results differ from lode mine's")
                    return job_seconds(shown)

                steps[f"job {number}"] = step(cluster, meters, job)
            return steps
        finally:
            cluster.close()


def median_steps(runs):
    """The medians of the same steps of several runs."""
    steps = {}
    for name in runs[0]:
        taken = [run[name] for run in runs]
        steps[name] = {
            field: statistics.median(one[field] for one in taken)
            for field in ("seconds", "cpu_seconds")
        } | {
            meter: {
                field: statistics.median(one[meter][field] for one in taken)
                for field in ("calls", "bytes", "seconds")
            }
            for meter in METERS
        }
        steps[name]["all_seconds"] = [one["seconds"] for one in taken]
    return steps


def against(seconds, base):
    return f"{seconds:.2f} ({(seconds / base - 1) * 100:+.0f} %)"


def compared(report):
    """Every variant beside the cluster as it is."""
    size = report["bytes"] / 1e6
    yield (
        f"{WORKERS} workers of one thread, {report['data']} ({size:.0f} MB of text), jobs at "
        f"{PERCENT}; medians of {report['rounds']} clusters each, taken in turn. In brackets: "
        "against the cluster as it is, without keys, with two copies, checksums and fsync."
    )
    names = ["ingest", "job 1", f"job {JOBS}"]
    yield from head(
        ["cluster", ">ingest, s", ">s of CPU", ">first job, s", ">s of CPU"]
        + [f">job {JOBS}, s", ">s of CPU"]
    )
    base = report["variants"][PLAIN.name]
    for variant, steps in report["variants"].items():
        cells = [
            against(steps[name][field], base[name][field])
            for name in names
            for field in ("seconds", "cpu_seconds")
        ]
        yield line(variant, *cells)


def metered(report):
    """Inside the nodes of the cluster as it is."""
    yield ""
    yield (
        "Inside the nodes of the cluster as it is, all together: a block's checksum is computed when "
        "it is stored and when it is first read; after that only messages have checksums."
    )
    yield from head(
        ["step", ">checksums over, MB", ">ms", ">of CPU", ">fsync", ">ms waited"]
    )
    for name, taken in report["variants"][PLAIN.name].items():
        checksums, fsync = taken["checksums"], taken["fsync"]
        yield line(
            name,
            f"{checksums['bytes'] / 1e6:.1f}",
            f"{checksums['seconds'] * 1000:.1f}",
            f"{checksums['seconds'] / max(taken['cpu_seconds'], 0.01):.2%}",
            f"{fsync['calls']:.0f}",
            f"{fsync['seconds'] * 1000:.0f}",
        )


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench/safety",
        description="Measures what checksums, CURVE, a second copy and fsync cost ingest and jobs "
        "of a cluster on this machine, each against the same without.",
        epilog="Example: bench/safety --rounds 5",
    )
    parser.add_argument("--rounds", type=int, default=3, help="clusters of each kind (3)")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the data, not stored")
    chosen = parser.parse_args()
    if chosen.rounds < 1:
        parser.error("--rounds takes a number of at least 1")
    return chosen


def main():
    chosen = arguments()
    lode = os.environ["LODE"]
    name = (SMALL_QUEST if chosen.quick else LARGE_QUEST).name
    data = DataSets(HERE / ".data", lode, None).get(name)
    mine = [lode, "mine", str(data.path), "--min-support", PERCENT, "--target", "itemsets"]
    expected = output_of([*mine, "--output", "fimi", "--quiet"]).encode()
    runs = {variant: [] for variant in VARIANTS}
    with tempfile.TemporaryDirectory() as folder:
        library = built_meter(lode, folder)
        for number in range(1, chosen.rounds + 1):
            for variant in VARIANTS:
                say(f"round {number}: {variant.name} ...")
                runs[variant].append(measure_once(lode, library, variant, data, expected))
    report = {
        **results.surroundings(HERE.parent, lode),
        "data": name.removesuffix(".dat"),
        "bytes": data.size,
        "percent": PERCENT,
        "rounds": chosen.rounds,
        "variants": {variant.name: median_steps(taken) for variant, taken in runs.items()},
    }
    print("\n".join([*compared(report), *metered(report)]))
    stored = HERE / (".data" if chosen.quick else "results") / "safety.json"
    stored.write_text(json.dumps(report, indent=2) + "\n")
    say(f"stored as {os.path.relpath(stored)}")


if __name__ == "__main__":
    # Ended from outside, it still ends its clusters.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except Failure as failure:
        say(f"bench/safety: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
