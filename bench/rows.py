"""What is measured: data sets, supports, and the figures that are to be reached."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Quest:
    """A data set that `lode generate quest` makes."""

    transactions: int
    average_length: int
    average_pattern_length: int
    seed: int

    @property
    def name(self):
        size = f"{self.transactions // 1000}K"
        return f"T{self.average_length}I{self.average_pattern_length}D{size}-quest.dat"

    def command(self, lode):
        return [
            lode, "generate", "quest",
            "--transactions", str(self.transactions),
            "--average-length", str(self.average_length),
            "--average-pattern-length", str(self.average_pattern_length),
            "--seed", str(self.seed),
        ]  # fmt: skip


SMALL_QUEST = Quest(100_000, 10, 4, seed=1)
LONG_QUEST = Quest(100_000, 40, 10, seed=6)
LARGE_QUEST = Quest(1_000_000, 20, 6, seed=2)
QUESTS = {quest.name: quest for quest in (SMALL_QUEST, LONG_QUEST, LARGE_QUEST)}
CONNECT_FOUR = "connect-four.dat"


@dataclass(frozen=True)
class Row:
    """One data set mined at one minimum support, in percent."""

    data: str
    percent: str
    quick: bool = False

    @property
    def name(self):
        return f"{self.data.removesuffix('.dat')} {self.percent} %"

    def minimum_count(self, transactions):
        """The least whole count that is at least this share, exactly."""
        share = Fraction(self.percent) / 100 * transactions
        return max(1, -(-share.numerator // share.denominator))


# Each data set at supports from trivial to explosive, and the one that --quick measures. The largest
# takes Borgelt most of a minute a row, so that it has fewer.
SUPPORTS = {
    "chess.dat": ("90 70 60 50 30", "50"),
    "mushroom.dat": ("40 20 10 5 1", "5"),
    CONNECT_FOUR: ("98 95 90 80 70", "90"),
    "adult.dat": ("50 10 1 0.1 0.01", "1"),
    "groceries.dat": ("5 1 0.1 0.05 0.02", "0.1"),
    "retail.dat": ("1 0.1 0.05 0.01 0.005", "0.1"),
    "T10I4D100K.dat": ("2 0.5 0.1 0.02 0.005", "0.1"),
    SMALL_QUEST.name: ("2 0.5 0.1 0.02 0.005", "0.1"),
    LONG_QUEST.name: ("5 2 1 0.5 0.3", "2"),
    LARGE_QUEST.name: ("2 0.5 0.1", None),
}
GRID = [
    Row(data, percent, quick=percent == quick)
    for data, (percents, quick) in SUPPORTS.items()
    for percent in percents.split()
]

# (prototype, best of Borgelt) in milliseconds, one thread, as the project's first prototype
# measured them in one run, writing text. Lode is to reach the same ratio.
PROTOTYPE = {
    ("chess.dat", "60"): (8.3, 13),
    ("chess.dat", "50"): (19, 35),
    ("chess.dat", "30"): (304, 589),
    ("mushroom.dat", "10"): (8.1, 12),
    ("mushroom.dat", "5"): (25, 41),
    ("mushroom.dat", "1"): (456, 733),
    ("T10I4D100K.dat", "0.5"): (35, 79),
    ("T10I4D100K.dat", "0.1"): (57, 109),
    ("T10I4D100K.dat", "0.02"): (71, 178),
    ("retail.dat", "0.1"): (39, 79),
    ("retail.dat", "0.05"): (51, 94),
    ("retail.dat", "0.01"): (98, 161),
}


def prototype_speed(row):
    """How many times as fast as Borgelt the prototype was on this row, or None."""
    times = PROTOTYPE.get((row.data, row.percent))
    return times[1] / times[0] if times else None


@dataclass(frozen=True)
class PeerRow:
    """A row for another peer, with what is to be reached against it."""

    peer: str
    row: Row
    times_as_fast: int
    share_of_memory: float = None


def _peer_rows(peer, rows, times_as_fast, share_of_memory=None):
    return [
        PeerRow(peer, Row(data, percent, number == 0), times_as_fast, share_of_memory)
        for number, (data, percent) in enumerate(rows)
    ]


# The first row of each peer is measured with --quick too.
PEER_ROWS = [
    *_peer_rows(
        "rusket",
        [
            ("retail.dat", "0.1"),
            ("chess.dat", "50"),
            ("mushroom.dat", "5"),
            ("adult.dat", "1"),
            ("T10I4D100K.dat", "0.1"),
            (SMALL_QUEST.name, "0.1"),
            (LARGE_QUEST.name, "0.5"),
        ],
        times_as_fast=10,
        share_of_memory=0.25,
    ),
    *_peer_rows(
        "mlxtend",
        [
            ("adult.dat", "1"),
            ("groceries.dat", "0.1"),
            ("chess.dat", "70"),
            ("mushroom.dat", "20"),
            ("T10I4D100K.dat", "0.5"),
            (SMALL_QUEST.name, "0.5"),
        ],
        times_as_fast=10,
        share_of_memory=0.25,
    ),
    *_peer_rows(
        "spark",
        [
            ("retail.dat", "0.1"),
            ("chess.dat", "60"),
            ("mushroom.dat", "10"),
            ("T10I4D100K.dat", "0.1"),
        ],
        times_as_fast=100,
    ),
    PeerRow("spark", Row(LARGE_QUEST.name, "5"), times_as_fast=20),
]


@dataclass(frozen=True)
class RuleRow:
    """All rules of a data set, any number of items on both sides, beside mlxtend's or alone."""

    row: Row
    confidence: str
    with_mlxtend: bool = True


RULE_ROWS = [
    RuleRow(Row("adult.dat", "1", quick=True), "0.6"),
    RuleRow(Row("T10I4D100K.dat", "0.02"), "0.5"),
    RuleRow(Row("adult.dat", "0.1"), "0.6", with_mlxtend=False),
    RuleRow(Row(SMALL_QUEST.name, "0.02", quick=True), "0.5"),
]


@dataclass(frozen=True)
class MemoryRow:
    """A mining run as a user would start it, and the memory it may take at its peak."""

    row: Row
    limit_mib: int


MEMORY_ROWS = [
    MemoryRow(Row("retail.dat", "0.1", quick=True), 64),
    MemoryRow(Row(LARGE_QUEST.name, "0.5"), 350),
]
