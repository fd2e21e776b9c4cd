"""A report of bench/run as tables in Markdown."""


def milliseconds(seconds):
    return f"{seconds * 1000:,.0f}" if seconds >= 0.1 else f"{seconds * 1000:.1f}"


def times(ratio):
    """A ratio with three digits that matter."""
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def verdict(row):
    """What was not reached, differing numbers first."""
    differing = [f"NUMBERS DIFFER: {text}" for text in row["different_counts"]]
    return "; ".join(differing + row["missed"])


def head(columns):
    """The head of a table: names, `>` before those that are numbers."""
    names = [column.lstrip(">") for column in columns]
    rules = ["--:" if column.startswith(">") else "---" for column in columns]
    return ["", f"| {' | '.join(names)} |", f"|{'|'.join(rules)}|"]


def line(*cells):
    return f"| {' | '.join(cells)} |"


def grid(report):
    if not report["grid"]:
        return
    yield "## Borgelt's C, and lode with one and two threads"
    yield ""
    yield (
        f"Medians of up to {report['repeats']} runs of whole processes, taken in turn, reading the "
        "file and writing all frequent itemsets as text to /dev/null. Borgelt is the better of his "
        "Eclat and FP-growth (PyFIM 6.28's sources). The prototype is what lode has to reach with "
        "one thread."
    )
    yield from head(
        ["data, minimum support", ">itemsets", ">Borgelt ms", ">lode ms, 1 thread", ">2 threads"]
        + [">times as fast, 1 thread", ">2 threads", ">prototype", "not reached"]
    )
    for row in report["grid"]:
        best = row["programs"][row["best_peer"]]
        wanted = row["prototype_times_as_fast"]
        differing = row | {
            "different_counts": [
                f"{name} {row['counts'][name]:,}" for name in row["different_counts"]
            ]
        }
        yield line(
            row["name"],
            f"{row['itemsets']:,}",
            f"{milliseconds(best['wall_seconds'])} {row['best_peer']}",
            milliseconds(row["programs"]["lode 1"]["wall_seconds"]),
            milliseconds(row["programs"]["lode 2"]["wall_seconds"]),
            times(row["times_as_fast"]["1"]),
            times(row["times_as_fast"]["2"]),
            times(wanted) if wanted else "",
            verdict(differing),
        )
    for name, mean in report["summary"].items():
        cells = [f"geometric mean of {mean['rows']}: {name}", "", "", "", ""]
        yield line(*cells, times(mean["1"]), times(mean["2"]), "", "")


def peers(report):
    if not report["peers"]:
        return
    yield "## rusket, mlxtend and Spark MLlib"
    yield ""
    yield (
        "Whole processes from the file; lode with all cores writes all itemsets as text, the peers "
        "only make their result. Peak memory is that of all processes together."
    )
    yield from head(
        ["peer", "data, minimum support", ">itemsets", ">peer s", ">its mining call s", ">MiB"]
        + [">lode ms", ">MiB", ">times as fast", ">as its mining call", ">of its memory"]
        + ["not reached"]
    )
    for row in report["peers"]:
        ours = row["lode"]
        start = [row["peer"], row["name"], f"{row['itemsets']:,}"]
        mine = [milliseconds(ours["wall_seconds"]), f"{ours['peak_mib']:.0f}"]
        if row["over_time"]:
            least = f"over {times(row['times_as_fast'])}"
            yield line(*start, row["over_time"], "", "", *mine, least, "", "", verdict(row))
            continue
        theirs = row["theirs"]
        yield line(
            *start,
            f"{theirs['wall_seconds']:.1f}",
            f"{row['mining_seconds']:.1f}",
            f"{theirs['peak_mib']:,.0f}",
            *mine,
            times(row["times_as_fast"]),
            times(row["times_as_fast_as_its_mining"]),
            f"{row['share_of_memory']:.1%}",
            verdict(row),
        )


def rules(report):
    if not report["rules"]:
        return
    yield "## Rules"
    yield ""
    yield (
        "All rules to CSV with any number of items on both sides, all cores; mlxtend divides in "
        "floating point and may leave out rules of exactly the minimum confidence. In brackets: "
        "rules of one consequent; these made and none written; mining, with all itemsets written; "
        "what the second takes beyond the third, in parts of the third, by time and by CPU time. "
        "Making such rules is to take no longer than mining."
    )
    yield from head(
        ["data, minimum support", ">rules", ">lode ms", ">rules a second", ">a core", ">MiB"]
        + [">mlxtend s", ">its calls s", ">MiB", ">times as fast", ">(one consequent ms)"]
        + [">(made only ms)", ">(mining ms)", ">(making / mining)", "not reached"]
    )
    for row in report["rules"]:
        ours = row["lode"]
        theirs = ["", "", "", ""]
        if row["over_time"]:
            theirs = [row["over_time"], "", "", f"over {times(row['times_as_fast'])}"]
        elif "theirs" in row:
            theirs = [
                f"{row['theirs']['wall_seconds']:.1f}",
                f"{row['mining_seconds']:.1f}",
                f"{row['theirs']['peak_mib']:,.0f}",
                times(row["times_as_fast"]),
            ]
        yield line(
            row["name"],
            f"{row['rules']:,}",
            milliseconds(ours["wall_seconds"]),
            f"{row['rules_a_second'] / 1e6:.2f} M",
            f"{row['rules_a_second_a_core'] / 1e6:.2f} M",
            f"{ours['peak_mib']:.0f}",
            *theirs,
            milliseconds(row["lode_single_consequents"]["wall_seconds"]),
            milliseconds(row["lode_single_made"]["wall_seconds"]),
            milliseconds(row["lode_itemsets"]["wall_seconds"]),
            f"{making(row, 'wall_seconds'):.2f}, CPU {making(row, 'cpu_seconds'):.2f}",
            verdict(row),
        )


def making(row, what):
    """What making the rules of one consequent takes beyond mining, in parts of mining."""
    mining = row["lode_itemsets"][what]
    return (row["lode_single_made"][what] - mining) / mining


def reading(report):
    if not report["reading"]:
        return
    yield "## Starting and reading, all cores"
    yield ""
    yield "The speed of reading leaves out what starting takes."
    yield from head(["what", ">ms", ">ms of CPU", ">MB/s a core", "not reached"])
    for row in report["reading"]:
        speed = row["megabytes_a_second_a_core"]
        yield line(
            row["name"],
            milliseconds(row["lode"]["wall_seconds"]),
            milliseconds(row["lode"]["cpu_seconds"]),
            f"{speed:.0f}" if speed else "",
            "; ".join(row["missed"]),
        )


def memory(report):
    if not report["memory"]:
        return
    yield "## Peak memory of lode with all cores"
    yield from head(["data, minimum support", ">MiB", ">limit", ">ms", "not reached"])
    for row in report["memory"]:
        yield line(
            row["name"],
            f"{row['peak_mib']:.0f}",
            str(row["limit_mib"]),
            milliseconds(row["wall_seconds"]),
            "; ".join(row["missed"]),
        )


def data(report):
    yield "## Data"
    yield from head(["data", ">transactions", ">bytes", "SHA-256"])
    for name, described in report["data"].items():
        yield line(
            name,
            f"{described['transactions']:,}",
            f"{described['bytes']:,}",
            f"{described['sha256'][:16]}...",
        )
    if report["left_out"]:
        yield ""
        yield f"Left out: {', '.join(report['left_out'])}."


def markdown(report):
    """The whole report."""
    machine, compilers = report["machine"], report["compilers"]
    lines = [
        f"# Benchmark of {report['time'][:10]}, commit {report['commit']}",
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory']}, "
        f"{machine['system']}, load {machine['load_average']:.1f} at the start. "
        f"{compilers['lode']}; Borgelt's C by {compilers['peers']}. Measured in "
        + ", ".join(f"{seconds:.0f} s ({part})" for part, seconds in report["seconds"].items())
        + ".",
    ]
    for part in (grid, peers, rules, reading, memory, data):
        written = list(part(report))
        if written:
            lines += ["", *written]
    return "\n".join(lines)
