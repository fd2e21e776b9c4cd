"""A cluster of processes on this machine, for cluster/chaos."""

import json
import os
import re
import signal
import subprocess
import sys
import time

SUPPORT = "0.3%"


class Failed(Exception):
    """A scenario did not end as it must."""


class Skipped(Exception):
    """A scenario cannot run on this machine."""


def check(condition, text):
    if not condition:
        raise Failed(text)


class Node:
    """A process of `lode` with its log."""

    def __init__(self, name, log, command):
        self.name, self.log, self.command = name, log, command
        self.process = None
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.offset = log.tell()
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def wait_for(self, text, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.since_start()
            if text in found:
                return found
            if self.process.poll() is not None:
                raise Failed(f"{self.name} ended with {self.process.returncode}:\n{found}")
            time.sleep(0.02)
        raise Failed(f"{self.name} did not say '{text}' within {seconds} s:\n{self.since_start()}")

    def since_start(self):
        return self.log.read_bytes()[self.offset :].decode(errors="replace")

    def signal(self, number):
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()

    def kill(self):
        self.signal(signal.SIGKILL)

    def stop(self):
        """Asks it to end; it must, with status 0, within 10 seconds."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(12)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.name} did not stop within 12 s of SIGTERM") from None
        check(status == 0, f"{self.name} stopped with {status}:\n{self.since_start()[-2000:]}")


class Cluster:
    """A coordinator and workers, each with a folder of its own below `folder`."""

    def __init__(
        self, lode, folder, workers, threads=1, replication=2, host="127.0.0.1", keys=None,
        coordinator=(),
    ):
        self.lode, self.folder, self.threads, self.keys = lode, folder, threads, keys
        self.nodes = {}
        try:
            self.begin(workers, replication, host, coordinator)
        except BaseException:
            self.close()
            raise

    def begin(self, workers, replication, host, options):
        listen = f"{host}:0"
        self.coordinator = self.add_node(
            "coordinator",
            ["coordinator", "--data", str(self.folder / "coordinator"), "--listen", listen]
            + ["--replication", str(replication), "--threads", "2", *options],
        )
        said = self.coordinator.wait_for("clients find it")
        self.address = re.search(r"coordinator at (\S+),", said).group(1)
        # It must come back to the same port after a crash.
        self.coordinator.command = [
            self.address if word == listen else word for word in self.coordinator.command
        ]
        for number in range(1, workers + 1):
            self.add_worker(f"worker-{number}")

    def add_node(self, name, arguments, prefix=()):
        keys = ["--keys", str(self.keys / arguments[0])] if self.keys else []
        command = [*prefix, self.lode, *arguments, *keys]
        node = Node(name, self.folder / f"{name}.log", command)
        self.nodes[name] = node
        return node

    def add_worker(self, name, data=None, prefix=()):
        node = self.add_node(
            name,
            ["worker", self.address, "--data", str(data or self.folder / name), "--name", name]
            + ["--threads", str(self.threads)],
            prefix,
        )
        node.wait_for("joined")
        return node

    @property
    def environment(self):
        keys = {"LODE_KEYS": str(self.keys / "admin")} if self.keys else {}
        return {**os.environ, "LODE_CLUSTER": self.address, **keys}

    def start_command(self, *arguments):
        """Starts a command that is fed by, and read from, the scenario."""
        return subprocess.Popen(
            [self.lode, *arguments],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def restart(self, *names):
        """Starts nodes that were killed, the coordinator first."""
        for name in names:
            self.nodes[name].start()
            self.nodes[name].wait_for("clients find it" if name == "coordinator" else "joined")

    def block_files(self):
        """The blocks that workers list, but for those set aside."""
        return [
            path
            for path in self.folder.glob("worker-*/objects/**/block-*")
            if path.is_file()
        ]

    def run(self, *arguments, status=0, seconds=180):
        done = subprocess.run(
            [self.lode, *arguments],
            env=self.environment,
            capture_output=True,
            timeout=seconds,
        )
        if status is not None and done.returncode != status:
            raise Failed(
                f"lode {' '.join(arguments)} ended with {done.returncode}, not {status}:\n"
                + done.stderr.decode(errors="replace")
            )
        return done

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "-o", "json").stdout)

    def submit(self, support=SUPPORT):
        done = self.run(
            "job", "submit", "baskets", "--min-support", support, "--target", "itemsets", "--no-wait"
        )
        return done.stdout.decode().strip()

    def wait_for_level(self, job, level):
        """Waits until a job counts a level; False where it has ended before that was seen."""
        while True:
            shown = self.json("job", "show", job)
            if shown["state"] in ("done", "failed", "cancelled"):
                return False
            if shown["level"] >= level:
                return True

    def finish(self, job, seconds=180):
        self.run("job", "watch", job, "--quiet", seconds=seconds)

    def results(self, job):
        return self.run("job", "results", job, "-o", "fimi", "--quiet").stdout

    def node_state(self, name):
        nodes = self.json("node", "list")
        return next((node["state"] for node in nodes if node["name"] == name), None)

    def wait_for_state(self, state, *names, seconds=30):
        """Waits until workers are in a state."""
        end = time.monotonic() + seconds
        while any(self.node_state(name) != state for name in names):
            check(time.monotonic() < end, f"{names} are not {state} within {seconds} s")
            time.sleep(0.1)

    def wait_until_healthy(self, seconds=60):
        """Waits until every object has its copies again."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status = self.json("status")
            if all(not data["under_replicated"] for data in status["datasets"]):
                return
            time.sleep(0.2)
        raise Failed(f"replication was not restored within {seconds} s")

    def close(self):
        for node in self.nodes.values():
            if node.process.poll() is None:
                node.process.send_signal(signal.SIGCONT)
                node.process.kill()
                node.process.wait()


class Closing:
    """Kills a cluster's processes at the end of a `with`, however it ends."""

    def __init__(self, cluster):
        self.cluster = cluster

    def __enter__(self):
        return self.cluster

    def __exit__(self, kind, error, trace):
        if kind is Failed:
            for name, node in self.cluster.nodes.items():
                tail = node.since_start()[-1500:]
                print(f"--- end of the log of {name}\n{tail}", file=sys.stderr)
        self.cluster.close()
