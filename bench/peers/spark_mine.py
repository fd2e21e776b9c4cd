"""Mines a file with Spark MLlib's FPGrowth: spark_mine.py FILE MINIMUM_COUNT.

Prints the number of frequent itemsets and the seconds of the mining call as JSON. Items are integers,
which Spark mines faster than text. Nothing is written: counting the rows of the result is the least
that makes Spark mine.
"""

import json
import os
import sys
import time

from pyspark.ml.fpm import FPGrowth
from pyspark.sql import SparkSession
from pyspark.sql.functions import array_distinct, split, trim

CORES = 2
HEAP = "8g"


def main():
    path, minimum = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    session = (
        SparkSession.builder.master(f"local[{CORES}]")
        .config("spark.driver.memory", HEAP)
        .config("spark.ui.enabled", "false")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    lines = session.read.text(path)
    items = array_distinct(split(trim(lines.value), " +").cast("array<int>"))
    transactions = lines.where(trim(lines.value) != "").select(items.alias("items"))
    transactions = transactions.repartition(CORES).cache()  # a small file would be one task
    count = transactions.count()
    started = time.perf_counter()
    # Half a transaction less: Spark rounds share x count up in floating point.
    miner = FPGrowth(itemsCol="items", minSupport=(minimum - 0.5) / count)
    itemsets = miner.fit(transactions).freqItemsets.count()
    seconds = time.perf_counter() - started
    print(json.dumps({"count": itemsets, "mining_seconds": seconds}))
    session.stop()


if __name__ == "__main__":
    main()
