"""The tables of speed in README.md and docs/benchmarks.md, measured on this machine.

Run it by hand (`python tests/benchmarks/speed_table.py`); no test judges the time, because that
belongs to the machine. It is `tengesim bench` with the sizes that the pages show, as a table that
can be pasted there.
"""

import argparse
from typing import Any

from tengesim.bench.conduct import FULL_WALLETS, USUAL_WALLETS, Plan, conduct


def lines(found: dict[str, Any]) -> list[str]:
    """Return the tables as Markdown."""
    told = ["| wallets | payments | `simulate`, payments/s | whole run, payments/s | memory |"]
    told += ["| ---: | ---: | ---: | ---: | ---: |"]
    told += [
        f"| {one['wallets']:,} | {one['payments']:,} | {one['payments_per_s']:,} |"
        f" {one['whole_per_s']:,} | {one['peak_bytes'] / 2**30:.2f} GiB |"
        for one in found["scaling"]
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
    return told


def main() -> None:
    """Measure and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="up to 20 million wallets")
    parser.add_argument("--seconds", type=float, default=60, help="for each comparison")
    chosen = parser.parse_args()
    sizes = FULL_WALLETS if chosen.full else USUAL_WALLETS
    found = conduct(Plan(wallets=sizes, seconds=chosen.seconds), lambda _: None)
    print("\n".join(lines(found)))  # noqa: T201


if __name__ == "__main__":
    main()
