"""Claims about compiled folds: each finds what plain Python finds, compiled or not, however cut."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.codes import Form, Kind, Status
from tengesim.errors import InvariantError
from tengesim.institutions.wallets.watch import LimitWatch
from tengesim.journal.cube import Cube
from tengesim.journal.events import Rows, balance_columns
from tengesim.ledger.audit import AccountKey, Auditor
from tests.fold_logs import (
    balances,
    cells,
    first_overfull,
    found_uncompiled,
    mark_changes,
    random_log,
    what_folds_find,
)
from tests.log_days import utc_days

GAINED = {"issued_tiyn": [Kind.ISSUE], "restored_tiyn": [Kind.REFUND]}
LEFT = {
    "shed_tiyn": [Kind.SHED, Kind.PAYMENT, Kind.WAGE, Kind.SUBPAYMENT],
    "split_to_tax_tiyn": [Kind.TAX],
    "returned_tiyn": [Kind.RETURN, Kind.PENALTY],
    "confiscated_tiyn": [Kind.CLAWBACK, Kind.FORFEITURE],
    "lost_tiyn": [Kind.CUSTODY_LOSS],
}
"""Kinds of each term of a mark's identity."""
SEEDS = st.integers(0, 2**32)
COUNTS = st.integers(0, 60)
Money = dict[AccountKey, tuple[int, int]]


def in_pieces(consume: Callable[[Rows], None], rows: Rows, cut: int) -> None:
    """Hand rows over in two pieces."""
    consume(rows[:cut])
    consume(rows[cut:])


@given(SEEDS, COUNTS, COUNTS)
def test_the_cube_finds_what_plain_python_finds(seed: int, count: int, cut: int) -> None:
    """Goal: the compiled cube is the cube. Method: random rows of every status, cut anywhere."""
    rows, cube = random_log(seed, count), Cube(*utc_days())
    in_pieces(cube.consume, rows, cut)
    assert cube.cells() == cells(rows)


@given(SEEDS, COUNTS, COUNTS)
def test_the_exact_auditor_rebuilds_what_plain_python_does(seed: int, count: int, cut: int) -> None:
    """Goal: balances and marks. Method: random rows of every status, cut anywhere."""
    rows = random_log(seed, count)
    for is_exact in (True, False):
        auditor = Auditor(is_exact=is_exact)
        in_pieces(auditor.consume, rows, cut)
        money = balances(rows)
        if is_exact:
            assert auditor.balances() == money
        marks = sorted({mark for *_, mark in money if mark})
        assert sorted(auditor.marks()) == marks
        for mark, totals in auditor.marks().items():
            held = sum(
                free + on_hold for (*_, own), (free, on_hold) in money.items() if own == mark
            )
            terms = {
                name: sum(mark_changes(rows, kind, 0, mark) for kind in kinds)
                for name, kinds in GAINED.items()
            }
            for name, kinds in LEFT.items():
                terms[name] = sum(mark_changes(rows, kind, mark, 0) for kind in kinds)
            passed = Kind.SUBPAYMENT
            others = [other for other in (1, 2) if other != mark]
            terms["in_from_parent_tiyn"] = sum(
                mark_changes(rows, passed, other, mark) for other in others
            )
            terms["out_to_child_tiyn"] = sum(
                mark_changes(rows, passed, mark, other) for other in others
            )
            assert totals._asdict() == {**terms, "balance_tiyn": held}


def differs(rows: Rows, money: Money, *, is_exact: bool) -> bool:
    """Return whether an auditor of `rows` says that a ledger holds something else."""
    auditor = Auditor(is_exact=is_exact)
    auditor.consume(rows)
    try:
        auditor.check(balance_columns(money.items()), "the end")
    except InvariantError as error:
        said = str(error)
        return "in the log" in said or "the log says" in said or "the ledger lacks" in said
    return False


@given(SEEDS, st.integers(1, 60), st.integers(0, 200), st.integers(1, 2**61))
def test_both_auditors_see_what_is_wrong_in_one_account_or_two(
    seed: int, count: int, place: int, error: int
) -> None:
    """Goal: no balance drifts. Method: a random log; its balances, then every kind of mistake.

    Money of one account off by any amount, free and held exchanged, two accounts exchanged, an
    account left out, and one that nobody moved with money in it.
    """
    rows = random_log(seed, count)
    money = balances(rows)
    assert not differs(rows, money, is_exact=True)
    assert not differs(rows, money, is_exact=False)
    if not money:
        return
    account = sorted(money)[place % len(money)]
    other = sorted(money)[(place + 1) % len(money)]
    free, held = money[account]
    wrong: list[Money] = [
        money | {account: change} for change in ((free + error, held), (free, held - 1))
    ]
    wrong += [
        money | {account: (held, free)},
        money | {account: money[other], other: money[account]},
        {key: value for key, value in money.items() if key != account},
        money | {(99, 1, 1, 0): (error, 0)},
    ]
    for spoilt in wrong:
        is_wrong = {key: value for key, value in spoilt.items() if value != (0, 0)} != {
            key: value for key, value in money.items() if value != (0, 0)
        }
        if is_wrong:
            assert differs(rows, spoilt, is_exact=True)
            assert differs(rows, spoilt, is_exact=False)


@given(SEEDS, st.integers(1, 60), st.integers(0, 59))
def test_both_auditors_see_a_row_that_is_missing_twice_or_turned(
    seed: int, count: int, place: int
) -> None:
    """Goal: no row drifts. Method: drop, double, reverse and retouch one row of a random log."""
    rows = random_log(seed, count)
    place %= count
    money = balances(rows)
    turned, smaller = rows.copy(), rows.copy()
    for one, other in (
        ("payer", "payee"),
        ("keeper", "keeper_to"),
        ("form", "form_to"),
        ("mark", "mark_to"),
    ):
        turned[one][place], turned[other][place] = rows[other][place], rows[one][place]
    smaller["amount_tiyn"][place] -= 1
    for spoilt in (np.delete(rows, place), np.insert(rows, place, rows[place]), turned, smaller):
        nonzero = [{k: v for k, v in b.items() if v != (0, 0)} for b in (balances(spoilt), money)]
        for is_exact in (True, False):
            if nonzero[0] != nonzero[1]:
                assert differs(spoilt, money, is_exact=is_exact)


def test_an_account_shown_twice_is_named() -> None:
    """Goal: a ledger cannot hide one account behind another. Method: show one twice."""
    rows = random_log(1, 1)
    rows["status"], auditor = Status.SETTLED, Auditor()
    auditor.consume(rows)
    shown = [*balances(rows).items()]
    with pytest.raises(InvariantError, match="twice"):
        auditor.check(balance_columns([*shown, shown[0]]), "the end")


@pytest.mark.parametrize("is_exact", [True, False])
def test_two_hundred_thousand_accounts_are_audited(*, is_exact: bool) -> None:
    """Goal: tables grow. Method: a payment each out of an issuer; then one account one tiyn off."""
    rows = np.repeat(random_log(1, 1), 200_000)
    for name, value in (("keeper", 1), ("keeper_to", 1), ("payer", 1), ("form", 1), ("form_to", 1)):
        rows[name] = value
    rows["mark"], rows["mark_to"], rows["status"] = 0, 0, Status.SETTLED
    rows["payee"] = np.arange(2, 200_002)
    money = {(int(payee), 1, 1, 0): (int(rows["amount_tiyn"][0]), 0) for payee in rows["payee"]}
    money[1, 1, 1, 0] = (-int(rows["amount_tiyn"].sum()), 0)
    auditor = Auditor(is_exact=is_exact)
    auditor.consume(rows)
    auditor.check(balance_columns(money.items()), "noon")
    auditor.check(balance_columns(money.items()), "the end")
    money[150_000, 1, 1, 0] = (money[150_000, 1, 1, 0][0] + 1, 0)
    with pytest.raises(InvariantError, match="the log"):
        auditor.check(balance_columns(money.items()), "the end")


def test_an_auditor_by_fingerprint_knows_no_balance() -> None:
    """Goal: nobody takes nothing for an answer. Method: ask for the balances."""
    with pytest.raises(ValueError, match="no single balance"):
        Auditor(is_exact=False).balances()


@given(SEEDS, COUNTS, COUNTS, st.lists(st.integers(-500, 3_000), min_size=6, max_size=6))
def test_the_watch_stops_at_the_row_at_which_plain_python_does(
    seed: int, count: int, cut: int, limits: list[int]
) -> None:
    """Goal: the first wallet too full, no other. Method: random rows and limits, cut anywhere."""
    rows, watch = random_log(seed, count), LimitWatch()
    watch.allow(np.arange(4), np.array(limits[:4]))
    watch.allow(5, limits[5])
    found = first_overfull(rows, {**dict(enumerate(limits[:4])), 5: limits[5]})
    if found is None:
        in_pieces(watch.consume, rows, cut)
        return
    said = f"row {found[0]} leaves {found[2]} tiyn in the wallet of name {found[1]}, above"
    with pytest.raises(InvariantError, match=said):
        in_pieces(watch.consume, rows, cut)


def test_the_watch_grows_with_the_names_it_meets_and_forgets_none() -> None:
    """Goal: names come when they come. Method: gifts to later and later names, then a limit."""
    rows, watch = random_log(1, 30), LimitWatch()
    rows["payer"], rows["payee"] = 1, 2 ** np.arange(30) % 5_000
    rows["form"], rows["form_to"] = Form.BANK_DEPOSIT, Form.DIGITAL_TENGE
    rows["mark"], rows["mark_to"], rows["status"] = 0, 0, Status.SETTLED
    watch.consume(rows)
    latest = int(rows["payee"].max())
    held = int(rows["amount_tiyn"][rows["payee"] == latest].sum())
    watch.allow(latest, held + 4)
    gift = rows[:1].copy()
    gift["payee"], gift["amount_tiyn"] = latest, 4
    watch.consume(gift)
    with pytest.raises(InvariantError, match=f"leaves {held + 8} tiyn"):
        watch.consume(gift)


def test_the_watch_holds_a_wallet_to_the_limit_that_it_was_told_last() -> None:
    """Goal: limits change, and money stays. Method: a wallet of 70, held to more and to less."""
    rows, watch = random_log(1, 2), LimitWatch()
    rows["payer"], rows["payee"], rows["amount_tiyn"] = 1, 2, [70, 1]
    rows["form"], rows["form_to"] = Form.BANK_DEPOSIT, Form.DIGITAL_TENGE
    rows["mark"], rows["mark_to"], rows["status"] = 0, 0, Status.SETTLED
    watch.allow(np.arange(3), np.array([500, 100, 400]))
    watch.consume(rows[:1])
    for limit in (70, 2**62 - 1, 100, 71):
        watch.allow(2, limit)
    watch.consume(rows[1:])
    watch.allow(np.array([2, 0]), 71)
    with pytest.raises(InvariantError, match=r"leaves 72 .* name 2, .* of 71$"):
        watch.consume(rows[1:])


def test_a_watch_of_more_limits_than_a_byte_tells_is_refused() -> None:
    """Goal: no limit is taken for another. Method: as many as fit, and one more."""
    watch = LimitWatch()
    watch.allow(np.arange(255), 1 + np.arange(255))
    with pytest.raises(ValueError, match="257 limits"):
        watch.allow(7, 1_000)


def test_folds_find_the_same_uncompiled() -> None:
    """Goal: compiling changes nothing. Method: a process without it, warnings as errors."""
    assert what_folds_find(7, 700) == found_uncompiled(7, 700)
