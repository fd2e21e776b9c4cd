"""Starts clusters of `lode` on this machine and works with them as clients do."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from processes import Failure


class Cluster:
    """A coordinator and workers of one thread on loopback, with folders below a temporary one.

    With keys, everything that is sent is encrypted. `environment` says by the name of a node, or
    "client", what is added to its environment.
    """

    def __init__(self, lode, workers, replication, has_keys=False, environment=lambda node: {}):
        self.lode = lode
        self.folder = Path(tempfile.mkdtemp(prefix="lode-bench-"))
        self.processes = []
        self.address = "127.0.0.1:0"
        self.replication = replication
        self._has_keys = has_keys
        self._environment = environment
        try:
            if has_keys:
                keygen = [lode, "keygen", str(self.folder / "keys"), "--quiet"]
                subprocess.run(keygen, check=True)
            self.coordinator = self.start_coordinator()
            for number in range(1, workers + 1):
                self.launch(
                    f"worker-{number}",
                    ["worker", self.address, "--data", str(self.folder / f"worker-{number}")]
                    + ["--name", f"worker-{number}", "--threads", "1", *self._keys("worker")],
                    "joined",
                )
        except BaseException:
            self.close()
            raise

    def start_coordinator(self):
        process, said = self.launch(
            "coordinator",
            ["coordinator", "--data", str(self.folder / "coordinator"), "--listen", self.address]
            + ["--replication", str(self.replication), *self._keys("coordinator")],
            "clients find it",
        )
        self.address = re.search(r"coordinator at (\S+),", said).group(1)
        return process

    def _keys(self, role):
        return ["--keys", str(self.folder / "keys" / role)] if self._has_keys else []

    def launch(self, name, arguments, ready):
        log = self.folder / f"{name}.log"
        with open(log, "wb") as file:
            process = subprocess.Popen(
                [self.lode, *arguments],
                stdout=file,
                stderr=file,
                env={**os.environ, **self._environment(name)},
            )
        self.processes.append(process)
        for _ in range(2000):
            said = log.read_text(errors="replace")
            if ready in said:
                return process, said
            if process.poll() is not None:
                raise Failure(f"{name} ended: {said}")
            time.sleep(0.005)
        raise Failure(f"{name} is not ready: {log.read_text(errors='replace')}")

    def run(self, *arguments, check=True):
        done = subprocess.run(
            [self.lode, *arguments],
            env={
                **os.environ,
                **self._environment("client"),
                "LODE_CLUSTER": self.address,
                **({"LODE_KEYS": str(self.folder / "keys" / "admin")} if self._has_keys else {}),
            },
            capture_output=True,
            check=False,
        )
        if check and done.returncode != 0:
            said = done.stderr.decode(errors="replace")[-2000:]
            raise Failure(f"exit status {done.returncode}: lode {' '.join(arguments)}\n{said}")
        return done

    def add(self, name, path, *options):
        """Adds a data set; seconds until all copies are safe."""
        start = time.perf_counter()
        self.run("dataset", "add", name, str(path), "--quiet", *options)
        return time.perf_counter() - start

    def mine(self, name, support):
        """Submits, waits and fetches; the job as JSON, its results, and seconds of all three."""
        start = time.perf_counter()
        job = self.run(
            "job", "submit", name, "--min-support", support, "--target", "itemsets", "--quiet"
        ).stdout.decode().strip()
        results = self.run("job", "results", job, "-o", "fimi", "--quiet").stdout
        seconds = time.perf_counter() - start
        shown = json.loads(self.run("job", "show", job, "-o", "json").stdout)
        return shown, results, seconds

    def cpu_seconds(self):
        """What the nodes that run have taken so far."""
        ticks = 0
        for process in self.processes:
            if process.poll() is None:
                after_name = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2]
                user, system = after_name.split()[11:13]
                ticks += int(user) + int(system)
        return ticks / os.sysconf("SC_CLK_TCK")

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def job_seconds(shown):
    """Seconds of a job's levels, as the coordinator took them."""
    return sum(level["seconds"] for level in shown["levels"])
