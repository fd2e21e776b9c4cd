"""What is measured: the data sets, and the rows of the table with their limits."""

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
LARGE_QUEST = Quest(1_000_000, 20, 6, seed=2)
QUESTS = {quest.name: quest for quest in (SMALL_QUEST, LARGE_QUEST)}


@dataclass(frozen=True)
class Row:
    """One data set mined at one minimum support, in percent.

    `prototype` is (prototype, best of Borgelt) in milliseconds as the project's first prototype
    measured them in one run, writing text; their ratio times 1.5 is what lode may take.
    """

    data: str
    percent: str
    prototype: tuple = None
    quick: bool = False

    @property
    def name(self):
        return f"{self.data.removesuffix('.dat')} {self.percent} %"

    @property
    def allowed_ratio(self):
        if self.prototype is None:
            return None
        return 1.5 * self.prototype[0] / self.prototype[1]

    def minimum_count(self, transactions):
        """The least whole count that is at least this share, exactly."""
        share = Fraction(self.percent) / 100 * transactions
        return max(1, -(-share.numerator // share.denominator))


ROWS = [
    Row("chess.dat", "60", (8.3, 13)),
    Row("chess.dat", "50", (19, 35), quick=True),
    Row("chess.dat", "30", (304, 589)),
    Row("mushroom.dat", "10", (8.1, 12)),
    Row("mushroom.dat", "5", (25, 41), quick=True),
    Row("mushroom.dat", "1", (456, 733)),
    Row("T10I4D100K.dat", "0.5", (35, 79)),
    Row("T10I4D100K.dat", "0.1", (57, 109), quick=True),
    Row("T10I4D100K.dat", "0.02", (71, 178)),
    Row("retail.dat", "0.1", (39, 79), quick=True),
    Row("retail.dat", "0.05", (51, 94)),
    Row("retail.dat", "0.01", (98, 161)),
    Row(SMALL_QUEST.name, "0.5"),
    Row(SMALL_QUEST.name, "0.1", quick=True),
    Row(SMALL_QUEST.name, "0.02"),
    Row(LARGE_QUEST.name, "0.5"),
]


@dataclass(frozen=True)
class MemoryRow:
    """A mining run as a user would start it, and the memory it may take at its peak."""

    row: Row
    limit_mib: int
    quick: bool = False


MEMORY_ROWS = [
    MemoryRow(Row("retail.dat", "0.1"), 64, quick=True),
    MemoryRow(Row(LARGE_QUEST.name, "0.5"), 350),
]
