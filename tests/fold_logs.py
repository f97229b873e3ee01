"""Random logs for the folds, and plain Python that says what each fold should find in them."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from tengesim.codes import Form, Kind, Status
from tengesim.errors import InvariantError
from tengesim.institutions.wallets.watch import LimitWatch
from tengesim.journal.cube import CUBE_KEYS, Cube
from tengesim.journal.digest import Digest
from tengesim.journal.events import ROW, Rows, balance_columns
from tengesim.ledger.audit import AccountKey, Auditor
from tests.log_days import utc_days

__all__ = [
    "balances",
    "cells",
    "first_overfull",
    "found_uncompiled",
    "mark_changes",
    "random_log",
    "what_folds_find",
]

ROOT = Path(__file__).parents[1]
_MOVES = {Status.SETTLED: (-1, 0, 1), Status.HELD: (-1, 1, 0), Status.POSTED: (0, -1, 1)}
_EFFECTS = {**_MOVES, Status.VOIDED: (1, -1, 0)}


def random_log(seed: int, count: int, *, names: int = 6, amount_max: int = 1_000) -> Rows:
    """Return rows of every status and form, of few names, with ascending times."""
    generator = np.random.default_rng(seed)
    rows = np.zeros(count, dtype=ROW)
    for name in ("payer", "payee", "keeper", "keeper_to"):
        rows[name] = generator.integers(1, names, count)
    for name in ("mark", "mark_to"):
        rows[name] = generator.integers(0, 3, count) * generator.integers(0, 2, count)
    rows["form"], rows["form_to"] = generator.integers(1, 3, (2, count))
    rows["kind"] = generator.choice([*Kind], count)
    rows["status"] = generator.choice([*Status], count)
    rows["region"], rows["programme"] = generator.integers(0, 3, (2, count))
    rows["amount_tiyn"] = generator.integers(1, amount_max, count)
    rows["time_us"] = np.sort(generator.integers(0, 5 * 86_400_000_000, count))
    rows["seq"] = np.arange(count)
    return rows


def balances(rows: Rows) -> dict[AccountKey, tuple[int, int]]:
    """Return free and held money of every account that ever moved."""
    found: dict[AccountKey, tuple[int, int]] = {}

    def move(row: np.void, side: str, suffix: str, free: int, held: int) -> None:
        names = (side, "keeper" + suffix, "form" + suffix, "mark" + suffix)
        holder, keeper, form, mark = (int(row[name]) for name in names)
        before = found.get((holder, keeper, form, mark), (0, 0))
        amount = int(row["amount_tiyn"])
        after = (before[0] + free * amount, before[1] + held * amount)
        found[holder, keeper, form, mark] = after

    for row in rows:
        free, held, credit = _EFFECTS.get(int(row["status"]), (0, 0, 0))  # type: ignore[call-overload]
        if free or held:
            move(row, "payer", "", free, held)
        if credit:
            move(row, "payee", "_to", credit, 0)
    return found


def mark_changes(rows: Rows, kind: Kind, mark: int, mark_to: int) -> int:
    """Return what changed from one mark to the other by a kind."""
    return sum(
        int(row["amount_tiyn"])
        for row in rows
        if row["status"] in (Status.SETTLED, Status.POSTED)
        and (row["kind"], row["mark"], row["mark_to"]) == (kind, mark, mark_to)
    )


def cells(rows: Rows) -> list[tuple[int, ...]]:
    """Return the cells of the cube by UTC days."""
    found: dict[tuple[int, ...], list[int]] = {}
    for row in rows:
        key = (int(row["time_us"]) // 86_400_000_000, *(int(row[name]) for name in CUBE_KEYS[1:]))
        cell = found.setdefault(key, [0, 0])
        cell[0] += 1
        cell[1] += int(row["amount_tiyn"])
    return [(*key, *found[key]) for key in sorted(found)]


def first_overfull(rows: Rows, limits: dict[int, int]) -> tuple[int, int, int] | None:
    """Return the first row that fills a wallet too far, with the wallet and what is in it."""
    held: dict[int, int] = {}
    for row in rows:
        if row["status"] not in (Status.SETTLED, Status.POSTED):
            continue
        for side, suffix, sign in (("payer", "", -1), ("payee", "_to", 1)):
            if row["form" + suffix] != Form.DIGITAL_TENGE or row["mark" + suffix]:
                continue
            holder = int(row[side])
            held[holder] = held.get(holder, 0) + sign * int(row["amount_tiyn"])
            if held[holder] > limits.get(holder, 2**62 - 1):
                return int(row["seq"]), holder, held[holder]
    return None


def what_folds_find(seed: int, count: int) -> str:
    """Return everything that the compiled folds say of a random log, as text."""
    rows = random_log(seed, count)
    cube, digest, watch = Cube(*utc_days()), Digest(), LimitWatch()
    exact, small = Auditor(), Auditor(is_exact=False)
    for consume in (cube.consume, digest.update, exact.consume, small.consume, watch.consume):
        for start in range(0, count, 100):
            consume(rows[start : start + 100])
    said = []
    for auditor in (exact, small):
        for spoilt in (False, True):
            money = balances(rows)
            if spoilt:
                money[min(money)] = (money[min(money)][0] + 1, money[min(money)][1])
            try:
                auditor.check(balance_columns(money.items()), "the end")
            except InvariantError as error:
                said.append(str(error))
    return f"{cube.cells()} {digest.close([])} {exact.balances()} {small.marks()} {said}"


def found_uncompiled(seed: int, count: int) -> str:
    """Return what `what_folds_find` says where nothing is compiled."""
    code = f"from tests.fold_logs import what_folds_find; print(what_folds_find({seed}, {count}))"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.rstrip("\n")
