"""Runs worlds in both engines, says where they part, and counts what happened in them.

As a program, `python -m tests.world_pairs 7` shows where world 7 parts; with `--digests` it prints
what many worlds come to in the fast engine, and which lines of the kernel were never reached.
"""

import argparse
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple
from unittest.mock import patch

import numpy as np

from tengesim import Scenario, load_scenario, simulate
from tengesim.codes import Kind
from tengesim.engine import kernel_state as at
from tengesim.engine.fast import CompiledRetail
from tengesim.engine.run import Run
from tengesim.journal.tables import events_frame
from tengesim.retail.tape import Window
from tests.economies import FEW_PEOPLE, few_people
from tests.lines import LinesReached
from tests.random_worlds import cheap, run_of, world_of

__all__ = [
    "Answers",
    "Seen",
    "compare",
    "difference",
    "results_of",
    "run_at",
    "shipped_small",
    "watched",
]

KERNELS: Final = Path(at.__file__).parent
COMPILED: Final = "compiled"
READABLE: Final = "readable"
TOLD: Final = "told"
Answers = Counter[str]
"""How many wants compiled and readable code answered, and how many somebody was told about."""


class Seen(NamedTuple):
    """What came out of comparing some worlds."""

    parted: list[str]
    """Where engines parted, one text a world."""
    reasons: Counter[int]
    """Rows of wants by reason."""
    kinds: Counter[int]
    """Rows by kind."""
    answers: Answers
    ties: int
    """Wants at the time of another one."""
    meetings: int
    """Wants at the time of a row of an institution."""
    payments: list[int]
    shed: Counter[int]
    """Rows of payments out of purses by reason; 0 where they were paid."""
    split: int = 0
    """Further purses of payments out of several."""


@contextmanager
def watched(answers: Answers) -> Iterator[None]:
    """Count into `answers` who answers the wants of the fast engine."""
    call, attend = CompiledRetail._call, CompiledRetail.attend

    def counted_call(retail: CompiledRetail, window: Window, until_us: int) -> None:
        before = int(retail._cursor[at.NEXT])
        call(retail, window, until_us)
        answers[COMPILED] += int(retail._cursor[at.NEXT]) - before

    def counted_attend(retail: CompiledRetail) -> None:
        answers[TOLD if retail._cursor[at.STOP] == at.SIGNAL else READABLE] += 1
        attend(retail)

    with (
        patch.object(CompiledRetail, "_call", counted_call),
        patch.object(CompiledRetail, "attend", counted_attend),
    ):
        yield


def run_at(number: int, engine: str = "fast") -> Run:
    """Return the run of the world with a number."""
    with tempfile.TemporaryDirectory() as folder:
        return run_of(world_of(number, Path(folder)), "fast" if engine == "fast" else "reference")


def difference(fast: Run, reference: Run) -> str:
    """Return what is different in two runs that should be one; nothing where they are."""
    if len(fast.names) != len(reference.names) or any(
        fast.names.text(name) != reference.names.text(name) for name in range(len(reference.names))
    ):
        return "other names" + _first_row(fast, reference)
    if fast.digest != reference.digest or not np.array_equal(fast.rows, reference.rows):
        return "other rows" + _first_row(fast, reference)
    if fast.cube_cells != reference.cube_cells:
        return "another cube"
    if fast.accounts_table != reference.accounts_table:
        return "other accounts"
    return "another number of payments" if fast.payments != reference.payments else ""


def results_of(run: Run) -> str:
    """Return a digest of all that `difference` compares."""
    cube = [[int(number) for number in cell] for cell in run.cube_cells]
    told = repr((run.digest, cube, run.accounts_table, int(run.payments)))
    return hashlib.sha256(told.encode()).hexdigest()


def _first_row(fast: Run, reference: Run) -> str:
    """Return the first row that differs, with names."""
    same = min(len(fast.rows), len(reference.rows))
    places = np.flatnonzero(fast.rows[:same] != reference.rows[:same])
    first = int(places[0]) if len(places) else same
    lines = [f"; row {first} of {len(fast.rows)} and {len(reference.rows)}"]
    for title, run in (("fast", fast), ("reference", reference)):
        frame = events_frame(run.rows[first : first + 1], run.names)
        lines += [f"  {title}: {row}" for row in frame.to_dict("records")]
    return "\n".join(lines)


def compare(numbers: range) -> Seen:
    """Return what comes out of the worlds with these numbers."""
    seen = Seen([], Counter(), Counter(), Counter(), 0, 0, [], Counter())
    ties, meetings, split = 0, 0, 0
    for number in numbers:
        reference = run_at(number, "reference")
        with watched(seen.answers):
            fast = run_at(number)
        found = difference(fast, reference)
        if found:
            seen.parted.append(f"world {number} (python -m tests.world_pairs {number}): {found}")
        rows = reference.rows
        of_wants = rows["intent"] < 0
        seen.reasons.update(rows["reason"][of_wants].tolist())
        seen.kinds.update(rows["kind"].tolist())
        _, firsts = np.unique(rows["intent"][of_wants], return_index=True)
        times = rows["time_us"][of_wants][firsts]
        ties += len(times) - len(np.unique(times))
        meetings += int(np.isin(times, rows["time_us"][~of_wants]).sum())
        seen.payments.append(reference.payments)
        out_of_purses = rows[(rows["kind"] == Kind.PAYMENT) & (rows["mark"] != 0)]
        out_of_purses = out_of_purses[out_of_purses["mark_to"] == 0]
        seen.shed.update(out_of_purses["reason"].tolist())
        split += len(out_of_purses) - len(np.unique(out_of_purses["ref"]))
    return seen._replace(ties=ties, meetings=meetings, split=split)


@cache
def shipped_small(name: str) -> Scenario:
    """Return a shipped scenario of the size of a village."""
    if few_people(name) != FEW_PEOPLE:
        return load_scenario(name, settings=few_people(name))
    scale = 0.0005 if name.startswith(("school", "budget")) else 0.000002
    return load_scenario(name, settings=[f"population.scale={scale:.7f}"])


def _digests(numbers: range, shipped: list[str]) -> dict[str, str]:
    """Return by number and name what worlds come to in the fast engine."""
    found = {str(number): results_of(run_at(number)) for number in numbers}
    with cheap():
        for name in shipped:
            found[name] = results_of(simulate(shipped_small(name), engine="fast"))
    return found


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("number", type=int, nargs="?")
    parser.add_argument("--digests", type=int, nargs=2, metavar=("FIRST", "END"))
    parser.add_argument("--shipped", nargs="*", default=[])
    asked = parser.parse_args()
    if asked.number is not None:
        print(difference(run_at(asked.number), run_at(asked.number, "reference")) or "the same")  # noqa: T201
        return
    lines = LinesReached(sorted(KERNELS.glob("kernel*.py")))
    with lines:
        digests = _digests(range(*asked.digests), asked.shipped)
    print(json.dumps({"digests": digests, "lines": lines.count(), "missed": lines.missed()}))  # noqa: T201


if __name__ == "__main__":
    main()
