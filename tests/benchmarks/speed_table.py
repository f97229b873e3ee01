"""The tables of speed in README.md and docs/benchmarks.md, from what `tengesim bench` found.

No test judges the time, because that belongs to the machine. `tengesim bench --full --json` writes
what it finds to a file; this prints it as tables that can be pasted into the pages, and beside each
aim what was reached. Without a file it measures first.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from tengesim.bench.conduct import FULL_WALLETS, USUAL_WALLETS, Plan, conduct

MILLION: Final = 1_000_000
TWENTY: Final = 20 * MILLION

Found = dict[str, Any]


class Aim(NamedTuple):
    """One measure that the fast engine is built for, and what was found, None where nothing was."""

    measure: str
    least: float
    better: float
    unit: str
    found: float | None

    def line(self) -> str:
        """Return the aim as a row of a table."""
        reached = "not measured" if self.found is None else f"{self.found:.1f}{self.unit}"
        aimed_at = f"{self.least:g}{self.unit} | {self.better:g}{self.unit}"
        return f"| {self.measure} | {aimed_at} | {reached} |"


def of_size(listed: list[Found], wallets: int, **wanted: str) -> Found | None:
    """Return the figures of so many wallets, None where none were taken."""
    chosen = (one for one in listed if one["wallets"] == wallets)
    return next((one for one in chosen if wanted.items() <= one.items()), None)


def aims(found: Found) -> list[Aim]:
    """Return every aim with what was found."""

    def value(listed: str, wallets: int, name: str, by: float = 1, **wanted: str) -> float | None:
        one = of_size(found[listed], wallets, **wanted)
        return None if one is None else one[name] / by

    def rate(listed: str, wallets: int, name: str, **wanted: str) -> float | None:
        return value(listed, wallets, name, MILLION, **wanted)

    simulate = "payments_per_s"
    return [
        Aim("kernel, 1 m wallets", 8, 15, " m", rate("parts", MILLION, "kernel_per_s")),
        Aim("kernel, 20 m wallets", 6, 10, " m", rate("parts", TWENTY, "kernel_per_s")),
        Aim("`simulate`, `summary`, 1 m wallets", 3, 6, " m", rate("scaling", MILLION, simulate)),
        Aim("`simulate`, `summary`, 20 m wallets", 2, 5, " m", rate("scaling", TWENTY, simulate)),
        Aim(
            "`simulate` and the log as Parquet, 1 m wallets",
            1.2,
            2.5,
            " m",
            rate("logs", MILLION, simulate, log="parquet"),
        ),
        *(
            Aim(
                f"ratio to SimPy alone, {what}, {size:,} wallets",
                least,
                better,
                "×",
                value("plain_simpy", size, f"{name}_ratio"),
            )
            for name, what, of_sizes in (
                ("uncollected", "collector off", ((100_000, 25, 50), (MILLION, 35, 70))),
                ("collected", "as installed", ((100_000, 60, 120), (MILLION, 100, 200))),
            )
            for size, least, better in of_sizes
        ),
        Aim(
            "share of two random rows, 1 m wallets",
            10,
            20,
            " %",
            value("parts", MILLION, "share_percent"),
        ),
    ]


def lines(found: Found) -> list[str]:
    """Return the tables as Markdown."""
    told = ["| wallets | payments | `simulate`, payments/s | whole run, payments/s | memory |"]
    told += ["| ---: | ---: | ---: | ---: | ---: |"]
    told += [
        f"| {one['wallets']:,} | {one['payments']:,} | {one['payments_per_s']:,} |"
        f" {one['whole_per_s']:,} | {one['peak_bytes'] / 2**30:.2f} GiB |"
        for one in found["scaling"]
    ]
    told += ["", "| log, wallets | `simulate`, payments/s | payments/CPU s | memory |"]
    told += ["| --- | ---: | ---: | ---: |"]
    told += [
        f"| `{one['log']}`, {one['wallets']:,} | {one['payments_per_s']:,} |"
        f" {one['per_cpu_s']:,} | {one['peak_bytes'] / 2**30:.2f} GiB |"
        for one in found["logs"]
    ]
    told += ["", "| wallets | tape, wants/s | kernel, payments/s | share of the limit |"]
    told += ["| ---: | ---: | ---: | ---: |"]
    told += [
        f"| {one['wallets']:,} | {one['wants_per_s']:,} | {one['kernel_per_s']:,} |"
        f" {one['share_percent']} % |"
        for one in found["parts"]
    ]
    told += ["", "| against | wallets | payments/s | ratio |", "| --- | ---: | ---: | ---: |"]
    one = found["reference"]
    told += [
        f"| reference engine | {one['wallets']:,} | {one['reference_per_s']:,} | {one['ratio']} |"
    ]
    for one in found["plain_simpy"]:
        told += [
            f"| SimPy alone, {what} | {one['wallets']:,} | {one[f'{name}_per_s']:,} |"
            f" {one[f'{name}_ratio']} |"
            for name, what in (("uncollected", "collector off"), ("collected", "as installed"))
        ]
    told += ["", "| measure | aim | better | found |", "| --- | ---: | ---: | ---: |"]
    return told + [aim.line() for aim in aims(found)]


def main() -> None:
    """Print what a file holds, or measure and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("found", nargs="?", type=Path, help="what `tengesim bench --json` wrote")
    parser.add_argument("--full", action="store_true", help="up to 20 million wallets")
    parser.add_argument("--seconds", type=float, default=60, help="for each comparison")
    chosen = parser.parse_args()
    if chosen.found is not None:
        found = json.loads(chosen.found.read_text(encoding="utf-8"))
    else:
        sizes = FULL_WALLETS if chosen.full else USUAL_WALLETS
        found = conduct(Plan(wallets=sizes, seconds=chosen.seconds), lambda _: None)
    print("\n".join(lines(found)))  # noqa: T201


if __name__ == "__main__":
    main()
