"""Runs whole processes and says what they took."""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass


class Failure(Exception):
    """A step that ends the benchmark; the text says what to do."""


@dataclass(frozen=True)
class Run:
    """Seconds and peak memory of one process.

    The memory is the kernel's maximum resident set; this script's own, some 20 MiB before the
    process replaced it, is a lower bound of what can be seen.
    """

    wall: float
    user: float
    system: float
    peak_mib: float


def run(command, stdout_path=os.devnull):
    """Runs a command to its end with standard output to a file."""
    with open(stdout_path, "wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait again
    if process.returncode != 0:
        raise Failure(f"exit status {process.returncode}: {' '.join(command)}")
    return Run(wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss / 1024)


def run_in_turn(commands, repeats):
    """Runs named commands A B C A B C ..., after one round that warms the caches up.

    Taking turns spreads whatever else the machine does over all of them.
    """
    runs = {name: [] for name in commands}
    for turn in range(repeats + 1):
        for name, command in commands.items():
            result = run(command)
            if turn > 0:
                runs[name].append(result)
    return runs


def medians(runs):
    """The medians of several runs, the memory's maximum, and the spread of the wall time."""
    walls = [run.wall for run in runs]
    return {
        "wall_seconds": statistics.median(walls),
        "wall_seconds_min": min(walls),
        "wall_seconds_max": max(walls),
        "user_seconds": statistics.median(run.user for run in runs),
        "cpu_seconds": statistics.median(run.user + run.system for run in runs),
        "peak_mib": max(run.peak_mib for run in runs),
    }


def output_of(command):
    """Standard output as text."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"exit status {done.returncode}: {' '.join(command)}")
    return done.stdout


def count_lines(command):
    """The number of lines a command writes, without keeping them."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        lines = 0
        while chunk := process.stdout.read1(1 << 20):
            lines += chunk.count(b"\n")
    if process.returncode != 0:
        raise Failure(f"exit status {process.returncode}: {' '.join(command)}")
    return lines


def say(text):
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)
