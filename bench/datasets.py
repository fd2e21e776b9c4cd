"""Finds the published data sets, generates the others, and describes both."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import connect_four
from processes import run, say
from rows import CONNECT_FOUR, QUESTS


@dataclass(frozen=True)
class DataSet:
    path: Path
    transactions: int
    has_item_in_all: bool
    size: int
    sha256: str


def describe(path):
    """Reads a file once for what the benchmark has to know about it."""
    digest = hashlib.sha256()
    transactions = 0
    in_all = None
    with open(path, "rb") as file:
        for line in file:
            digest.update(line)
            if not line.strip():
                continue
            transactions += 1
            if in_all is None:
                in_all = set(line.split())
            elif in_all:
                in_all.intersection_update(line.split())
    return DataSet(path, transactions, bool(in_all), path.stat().st_size, digest.hexdigest())


class DataSets:
    """The data sets by file name, each looked for, generated and described once."""

    def __init__(self, generated, lode, published):
        self._generated = generated
        self._lode = lode
        self._published = Path(published) if published else None
        self._known = {}
        self.missing = set()

    def get(self, name):
        """The data set, or None where it is published elsewhere and not at hand."""
        if name not in self._known:
            path = self._make(name) or self._find(name)
            self._known[name] = describe(path) if path else None
            if not path:
                self.missing.add(name)
        return self._known[name]

    def described(self):
        """Size, transactions and digest of every data set used."""
        return {
            name: {
                "transactions": data.transactions,
                "bytes": data.size,
                "sha256": data.sha256,
            }
            for name, data in sorted(self._known.items())
            if data
        }

    def _find(self, name):
        path = self._published / name if self._published else None
        return path if path and path.is_file() else None

    def _make(self, name):
        """Generates a data set, or gives back None where it is none that is generated.

        Always anew, in some seconds: an old file may come from an older generator.
        """
        if name != CONNECT_FOUR and name not in QUESTS:
            return None
        self._generated.mkdir(exist_ok=True)
        path = self._generated / name
        say(f"generating {name}")
        if name == CONNECT_FOUR:
            connect_four.write(path)
        else:
            run(QUESTS[name].command(self._lode), stdout_path=path)
        return path
