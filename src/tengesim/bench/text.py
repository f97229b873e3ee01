"""What the benchmark found, as tables for people."""

from collections.abc import Iterator, Sequence
from typing import Final

from tengesim.bench.measures import Figures

__all__ = ["lines"]

_GIB: Final = 2**30
_HOW: Final = """\
How it was measured. A rate is the median of the rounds, a ratio that of the ratios of neighbours.
Each measure has a Python of its own; compiled code is loaded before time is taken. A run uses one
core, and a second thread folds what it logs: CPU seconds count both. `simulate` is what happens in
the world, audit at midnight included; the whole run makes the world and its people too, and the
table of accounts at the end. With log `parquet` the log is kept in memory and then written, which
counts as `simulate`. SimPy alone begins at noon with wallets filled; its start is not counted, and
it keeps no log. The kernel is measured from 7 o'clock, over wants drawn before."""


def lines(found: Figures) -> Iterator[str]:
    """Yield the lines of a report of `found`, what `conduct` gives."""
    host = found["machine"]
    yield f"{found['scenario']}, seed {found['seed']}, engine {found['engine']}"
    memory = f"{host['memory_bytes'] / _GIB:.0f} GiB"
    yield f"{host['processor']}, {host['cores']} cores, {memory}, {host['system']}"
    yield (
        f"Python {host['python']}, NumPy {host['numpy']}, Numba {host['numba']},"
        f" SimPy {host['simpy']}, tengesim {host['tengesim']}"
    )
    yield from _parts(found["parts"])
    yield from _runs("Whole runs, summary of the log", found["scaling"])
    yield from _runs("Whole runs by log mode", found["logs"])
    yield from _reference(found["reference"])
    yield from _plain(found["plain_simpy"])
    yield ""
    yield from _HOW.splitlines()
    yield f"All of it took {found['wall_s']:,.0f} s."


def _parts(parts: Sequence[Figures]) -> Iterator[str]:
    if not parts:
        return
    yield from _table(
        "Parts alone",
        ("wallets", "tape, wants/s", "kernel, payments/s", "two random rows/s", "share", "rounds"),
        [
            (
                f"{one['wallets']:,}",
                f"{one['wants_per_s']:,}",
                f"{one['kernel_per_s']:,}",
                f"{one['limit_per_s']:,}",
                f"{one['share_percent']:.1f} %",
                f"{one['rounds']}",
            )
            for one in parts
        ],
    )


def _runs(title: str, runs: Sequence[Figures]) -> Iterator[str]:
    yield from _table(
        title,
        (
            "wallets",
            "log",
            "payments",
            "simulate, payments/s",
            "whole run, payments/s",
            "payments/CPU s",
            "build s",
            "simulate s",
            "CPU s",
            "memory",
            "rounds",
        ),
        [
            (
                f"{one['wallets']:,}",
                f"{one['log']}",
                f"{one['payments']:,}",
                f"{one['payments_per_s']:,}",
                f"{one['whole_per_s']:,}",
                f"{one['per_cpu_s']:,}",
                f"{one['build_s']:.2f}",
                f"{one['simulate_s']:.2f}",
                f"{one['cpu_s']:.2f}",
                f"{one['peak_bytes'] / _GIB:.2f} GiB",
                f"{one['rounds']}",
            )
            for one in runs
        ],
    )


def _reference(found: Figures) -> Iterator[str]:
    yield from _table(
        "Against the reference engine, the same log",
        ("wallets", "payments/s", "reference, payments/s", "ratio", "of whole runs", "rounds"),
        [
            (
                f"{found['wallets']:,}",
                f"{found['payments_per_s']:,}",
                f"{found['reference_per_s']:,}",
                f"{found['ratio']:.1f} x",
                f"{found['whole_ratio']:.1f} x",
                f"{found['rounds']}",
            )
        ],
    )


def _plain(found: Sequence[Figures]) -> Iterator[str]:
    yield from _table(
        "Against SimPy alone, one process a wallet, the same rules",
        (
            "wallets",
            "payments/s",
            "SimPy, collector off",
            "ratio",
            "SimPy as installed",
            "ratio",
            "its memory",
            "rounds",
        ),
        [
            (
                f"{one['wallets']:,}",
                f"{one['payments_per_s']:,}",
                f"{one['uncollected_per_s']:,}",
                f"{one['uncollected_ratio']:.1f} x",
                f"{one['collected_per_s']:,}",
                f"{one['collected_ratio']:.1f} x",
                f"{one['plain_bytes'] / _GIB:.2f} GiB",
                f"{one['rounds']}",
            )
            for one in found
        ],
    )


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield an empty line, the title and the table, every column as wide as it has to be."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    yield ""
    yield title
    for row in (head, *rows):
        yield "  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
