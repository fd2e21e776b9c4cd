"""Runs whole processes and says what they took."""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

SAMPLING_SECONDS = 0.02
PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20


class Failure(Exception):
    """A step that ends the benchmark; the text says what to do."""


class OverTime(Exception):
    """A process was ended because it took more than its limit."""

    def __init__(self, limit_seconds):
        super().__init__(f"over {limit_seconds:g} s")
        self.limit_seconds = limit_seconds


@dataclass(frozen=True)
class Run:
    """Seconds and peak memory of one process, and what it wrote to standard error.

    The memory is the kernel's maximum resident set; this script's own, some 20 MiB before the
    process replaced it, is a lower bound of what can be seen. Where the process starts others, it
    is the largest sum of their resident sets, sampled.
    """

    wall: float
    user: float
    system: float
    peak_mib: float
    said: str


def run(command, stdout_path=os.devnull, limit_seconds=None, with_children=False):
    """Runs a command to its end with standard output to a file.

    Beyond the limit the process and its children are killed, and OverTime is raised.
    """
    with open(stdout_path, "wb") as output, tempfile.TemporaryFile() as messages:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=messages,
            start_new_session=True,
        )
        watch = Watch(process.pid, limit_seconds, with_children)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            kill_group(process.pid)
            raise
        finally:
            watch.end()
        wall = time.perf_counter() - started
        if with_children:
            kill_group(process.pid)  # what it may have left behind
        messages.seek(0)
        said = messages.read().decode(errors="replace")
    process.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait again
    if watch.is_over:
        raise OverTime(limit_seconds)
    if process.returncode != 0:
        raise Failure(f"exit status {process.returncode}: {' '.join(command)}\n{said[-2000:]}")
    peak = max(usage.ru_maxrss / 1024, watch.peak_mib)
    return Run(wall, usage.ru_utime, usage.ru_stime, peak, said)


class Watch:
    """Samples the memory of a process and its children, and kills them at a time limit.

    Without a limit and without children there is nothing to do, and no thread is started.
    """

    def __init__(self, pid, limit_seconds, with_children):
        self.peak_mib = 0.0
        self.is_over = False
        self._pid = pid
        self._limit = limit_seconds
        self._with_children = with_children
        self._ended = threading.Event()
        self._thread = None
        if limit_seconds is not None or with_children:
            self._thread = threading.Thread(target=self._run)
            self._thread.start()

    def end(self):
        self._ended.set()
        if self._thread:
            self._thread.join()

    def _run(self):
        started = time.perf_counter()
        while not self._ended.wait(SAMPLING_SECONDS):
            if self._with_children:
                self.peak_mib = max(self.peak_mib, tree_mib(self._pid))
            if self._limit is not None and time.perf_counter() - started > self._limit:
                self.is_over = True
                kill_group(self._pid)
                return


def kill_group(pid):
    """Kills a process that leads its own group, and the group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def tree_mib(pid):
    """The resident memory of a process and all its descendants now."""
    total, pids = 0.0, [pid]
    while pids:
        process = pids.pop()
        try:
            total += int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_MIB
            for thread in os.listdir(f"/proc/{process}/task"):
                children = Path(f"/proc/{process}/task/{thread}/children").read_text()
                pids.extend(int(child) for child in children.split())
        except OSError:  # it ended meanwhile
            pass
    return total


def repeats_within(seconds, budget_seconds, most):
    """How many runs of this length fit a budget: at least one, at most `most`."""
    return max(1, min(most, int(budget_seconds / max(seconds, 1e-9))))


def run_in_turn(commands, repeats):
    """Runs named commands A B C A B C ...; taking turns spreads what else the machine does."""
    runs = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            runs[name].append(run(command))
    return runs


def medians(runs):
    """The medians of several runs, the memory's maximum, and the spread of the wall time."""
    walls = [run.wall for run in runs]
    return {
        "runs": len(runs),
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
