"""Claims about the auditor: it rebuilds the book from rows alone and sees every wrong row."""

from collections.abc import Callable

import numpy as np
import pytest

from tengesim.codes import Form, Kind, Status
from tengesim.errors import InvariantError
from tengesim.journal.events import Rows, balance_columns
from tengesim.ledger import chart
from tengesim.ledger.audit import Auditor, MarkTotals
from tests.money_world import MoneyWorld, balances_of
from tests.small_book import DT, MARK, NB, SmallBook, posting

STORY: list[tuple[str, tuple[int, ...]]] = [
    ("fund", (1_000,)),
    ("issue", (0, 1)),
    ("issue", (1, 1)),
    ("distribute", (0, 40, 50, 60)),
    ("distribute", (1, 30, 30, 30)),
    ("pay", (0, 1, 0)),
    ("pay", (1, 4, 0)),
    ("pay", (2, 1, 1)),
    ("deliver", (3, 2)),
    ("reserve", (2, 1)),
    ("complete", (0,)),
    ("reserve", (4, 1)),
    ("void", (0,)),
    ("reserve", (5, 1)),
    ("claim", (1,)),
    ("complete", (0,)),
    ("shed", (0, 1)),
    ("redeem", (1,)),
    ("refund", (0, 1)),
    ("expire", (0, 1)),
]
BOTH = pytest.mark.parametrize("is_exact", [True, False])
MOVING = (Status.SETTLED, Status.HELD, Status.POSTED, Status.VOIDED)


@pytest.fixture(scope="module")
def world() -> MoneyWorld:
    """Return a world in which a bit of everything has happened."""
    played = MoneyWorld()
    for act, choices in STORY:
        played.play(act, *choices)
    return played


def audited(world: MoneyWorld, *pieces: Rows, is_exact: bool) -> None:
    """Have `pieces` audited against the book of the world."""
    auditor = Auditor(is_exact=is_exact)
    for rows in pieces:
        auditor.consume(rows)
    auditor.check(balance_columns(balances_of(world.book).items()), "end")


def moving(world: MoneyWorld) -> list[int]:
    """Return the places of the rows that move money."""
    statuses = world.journal.rows()["status"]
    return np.flatnonzero(np.isin(statuses, MOVING)).tolist()


def test_the_story_holds_every_status_and_both_sides_of_a_mark(world: MoneyWorld) -> None:
    """Goal: the tests below touch everything. Method: list statuses and mark changes."""
    rows = world.journal.rows()
    assert set(rows["status"].tolist()) == set(Status)
    changed = rows[rows["mark"] != rows["mark_to"]]
    assert set(changed["kind"].tolist()) == {Kind.ISSUE, Kind.REFUND, Kind.SHED, Kind.RETURN}
    assert len(moving(world)) >= 30


@BOTH
def test_the_auditor_agrees_with_the_true_log_however_it_is_cut(
    world: MoneyWorld, *, is_exact: bool
) -> None:
    """Goal: a fold knows no pieces. Method: whole, row by row, and cut at every place."""
    rows = world.journal.rows()
    audited(world, rows, is_exact=is_exact)
    audited(world, *(rows[i : i + 1] for i in range(len(rows))), is_exact=is_exact)
    for cut in range(len(rows) + 1):
        audited(world, rows[:cut], rows[cut:], is_exact=is_exact)


def dropped(rows: Rows, place: int) -> Rows:
    """Return the log without one row."""
    return np.delete(rows, place)


def duplicated(rows: Rows, place: int) -> Rows:
    """Return the log with one row twice."""
    return np.insert(rows, place, rows[place])


def with_one_tiyn_more(rows: Rows, place: int) -> Rows:
    """Return the log with one amount too high by 1."""
    changed = rows.copy()
    changed["amount_tiyn"][place] += 1
    return changed


def with_one_tiyn_less(rows: Rows, place: int) -> Rows:
    """Return the log with one amount too low by 1."""
    changed = rows.copy()
    changed["amount_tiyn"][place] -= 1
    return changed


def with_sides_swapped(rows: Rows, place: int) -> Rows:
    """Return the log with payer and payee of one row exchanged, everything about them included."""
    changed = rows.copy()
    for one, other in (
        ("payer", "payee"),
        ("keeper", "keeper_to"),
        ("form", "form_to"),
        ("mark", "mark_to"),
    ):
        changed[one][place], changed[other][place] = rows[other][place], rows[one][place]
    return changed


@pytest.mark.parametrize(
    "spoil", [dropped, duplicated, with_one_tiyn_more, with_one_tiyn_less, with_sides_swapped]
)
@BOTH
def test_a_wrong_row_is_seen_wherever_it_is(
    world: MoneyWorld, spoil: Callable[[Rows, int], Rows], *, is_exact: bool
) -> None:
    """Goal: no wrong number goes by. Method: spoil every row that moves money, one at a time."""
    rows = world.journal.rows()
    for place in moving(world):
        with pytest.raises(InvariantError):
            audited(world, spoil(rows, place), is_exact=is_exact)


@BOTH
def test_a_wrong_status_is_seen_wherever_it_is(world: MoneyWorld, *, is_exact: bool) -> None:
    """Goal: no status passes for another. Method: every moving row with every other status."""
    rows = world.journal.rows()
    for place in moving(world):
        for status in Status:
            if status == rows["status"][place]:
                continue
            changed = rows.copy()
            changed["status"][place] = status
            with pytest.raises(InvariantError):
                audited(world, changed, is_exact=is_exact)


@BOTH
def test_what_moved_nothing_is_seen_when_it_is_said_to_move(
    world: MoneyWorld, *, is_exact: bool
) -> None:
    """Goal: a refusal is no payment. Method: settle every refused or recorded row."""
    rows = world.journal.rows()
    still = np.flatnonzero(~np.isin(rows["status"], MOVING)).tolist()
    assert still
    for place in still:
        changed = rows.copy()
        changed["status"][place] = Status.SETTLED
        with pytest.raises(InvariantError):
            audited(world, changed, is_exact=is_exact)


@BOTH
def test_another_account_is_seen_on_either_side(world: MoneyWorld, *, is_exact: bool) -> None:
    """Goal: money is whose it is. Method: change each part of each side of every moving row."""
    rows = world.journal.rows()
    stranger = len(world.names.texts())
    for place in moving(world):
        columns = ["payer", "keeper", "form", "mark"]
        if rows["status"][place] in (Status.SETTLED, Status.POSTED):
            columns += ["payee", "keeper_to", "form_to", "mark_to"]
        for column in columns:
            changed = rows.copy()
            changed[column][place] = 9 if column.startswith("form") else stranger
            with pytest.raises(InvariantError):
                audited(world, changed, is_exact=is_exact)


@BOTH
def test_a_mark_lost_and_found_under_the_wrong_kind_is_seen(
    world: MoneyWorld, *, is_exact: bool
) -> None:
    """Goal: the identity counts kinds. Method: mark-changing rows under every other kind."""
    rows = world.journal.rows()
    gains, loses = {Kind.ISSUE, Kind.REFUND}, set(chart.LOSES_MARK)
    places = np.flatnonzero(rows["mark"] != rows["mark_to"]).tolist()
    for place in places:
        right = gains if rows["mark_to"][place] else loses
        if rows["mark"][place] and rows["mark_to"][place]:
            right = {Kind.SUBPAYMENT}
        for kind in set(Kind) - right:
            changed = rows.copy()
            changed["kind"][place] = kind
            with pytest.raises(InvariantError, match="identity of mark"):
                audited(world, changed, is_exact=is_exact)


def test_the_terms_of_a_mark_are_counted_apart() -> None:
    """Goal: every term of the identity. Method: a different amount in each."""
    small = SmallBook()
    plain = small.book.open("caterer", NB, DT)
    child = small.book.open("subcontractor", NB, DT, "meals.child")
    small.post("meal", (small.purse, small.caterer, 30))
    small.post("shed", (small.caterer, plain, 15), kind=Kind.SHED)
    small.post("paid", (small.caterer, plain, 5))
    small.post("refund", (plain, small.purse, 3), kind=Kind.REFUND)
    small.post("return", (small.purse, small.payer, 7), kind=Kind.RETURN)
    small.post("down", (small.caterer, child, 8), kind=Kind.SUBPAYMENT)
    small.post("tax", (child, small.payer, 4), kind=Kind.TAX)
    small.post("taken", (child, small.payer, 2), kind=Kind.CLAWBACK)
    small.post("lost", (child, small.payer, 1), kind=Kind.CUSTODY_LOSS)
    small.book.hold(posting("hold", (small.purse, small.caterer, 2)))
    small.journal.flush()
    parent = MarkTotals(
        issued_tiyn=40,
        restored_tiyn=3,
        balance_tiyn=8,
        shed_tiyn=20,
        returned_tiyn=7,
        out_to_child_tiyn=8,
    )
    below = MarkTotals(
        in_from_parent_tiyn=8,
        balance_tiyn=1,
        split_to_tax_tiyn=4,
        confiscated_tiyn=2,
        lost_tiyn=1,
    )
    mark, mark_below = small.names.id(MARK), small.names.id("meals.child")
    assert small.auditor.marks() == {mark: parent, mark_below: below}
    assert small.auditor.parents() == {mark_below: mark}
    for totals in (parent, below):
        assert totals.is_balanced()
        for term in MarkTotals._fields:
            assert not totals._replace(**{term: getattr(totals, term) + 1}).is_balanced()


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        (["roads.1", "roads.2", "roads.1"], "ancestor of its own"),
        ([MARK, "roads.2", "roads.1", "roads.2"], "came from marks"),
    ],
)
def test_money_goes_down_a_tree_of_marks_and_nowhere_else(chain: list[str], said: str) -> None:
    """Goal: a supply chain has a beginning. Method: a ring of marks, and a mark of two parents."""
    small = SmallBook()
    last = small.book.open("firm-0", NB, DT, chain[0])
    small.post("refund", (small.payer, last, 9), kind=Kind.REFUND)
    for number, mark in enumerate(chain[1:], 1):
        holder = small.book.open(f"firm-{number}", NB, DT, mark)
        small.post(f"down-{number}", (last, holder, 9), kind=Kind.SUBPAYMENT)
        last = holder
    small.journal.flush()
    with pytest.raises(InvariantError, match=said):
        small.auditor.check(small.book.balance_columns(), "day 3")


def test_a_mark_may_come_to_be_by_a_refund_alone() -> None:
    """Goal: a term without rows is 0. Method: restore money under a mark that was never issued."""
    small = SmallBook()
    purse = small.book.open("pupil", NB, DT, "roads")
    small.post("refund", (small.payer, purse, 5), kind=Kind.REFUND)
    small.journal.flush()
    assert small.auditor.marks()[small.names.id("roads")] == MarkTotals(
        restored_tiyn=5, balance_tiyn=5
    )


def test_a_held_mark_change_counts_when_it_is_posted() -> None:
    """Goal: a hold sheds nothing yet. Method: hold a shedding, then complete it."""
    small = SmallBook()
    small.book.hold(posting("shed", (small.purse, small.payee, 5), kind=Kind.SHED))
    small.journal.flush()
    assert small.auditor.marks()[small.names.id(MARK)] == MarkTotals(
        issued_tiyn=40, balance_tiyn=40
    )
    small.book.complete("shed")
    small.journal.flush()
    assert small.auditor.marks()[small.names.id(MARK)] == MarkTotals(
        issued_tiyn=40, balance_tiyn=35, shed_tiyn=5
    )


@pytest.mark.parametrize(
    ("account", "free", "held"),
    [(0, 1, 0), (1, 1, 0), (1, 0, 1), (1, 1, -1), (2, 1, 0), (3, -1, 0), (4, 0, 1)],
)
def test_a_balance_that_is_not_in_the_log_is_named(account: int, free: int, held: int) -> None:
    """Goal: the book cannot drift. Method: change free or held money of one account."""
    small = SmallBook()
    small.book.hold(posting("hold", (small.payer, small.payee, 10)))
    small.journal.flush()
    book = balances_of(small.book)
    key = list(book)[account]
    book[key] = (book[key][0] + free, book[key][1] + held)
    with pytest.raises(InvariantError, match=r"day 3 .* in the ledger and .* in the log"):
        small.auditor.check(balance_columns(book.items()), "day 3")


def test_an_account_the_book_does_not_know_is_named() -> None:
    """Goal: the log cannot hold more than the book. Method: leave one account out."""
    small = SmallBook()
    small.journal.flush()
    book = balances_of(small.book)
    del book[list(book)[small.payer]]
    with pytest.raises(InvariantError, match="the ledger lacks"):
        small.auditor.check(balance_columns(book.items()), "end")


def test_a_sum_that_is_not_zero_is_named() -> None:
    """Goal: conservation per keeper and form. Method: a row that leaves its form, believed."""
    small = SmallBook()
    row = small.journal.rows()[-1:].copy()
    row["form_to"] = Form.BANK_DEPOSIT
    auditor = Auditor()
    auditor.consume(row)
    with pytest.raises(InvariantError, match="not to 0"):
        auditor.check(balance_columns(auditor.balances().items()), "end")


@pytest.mark.parametrize("status", [Status.SETTLED, Status.POSTED])
def test_a_negative_holder_is_named(status: Status) -> None:
    """Goal: signs, free and held. Method: a payment without the money for it, believed."""
    small = SmallBook()
    small.post("meal", (small.payer, small.payee, 5))
    row = small.journal.rows()[-1:].copy()
    row["status"] = status
    auditor = Auditor()
    auditor.consume(row)
    with pytest.raises(InvariantError, match="less than 0"):
        auditor.check(balance_columns(auditor.balances().items()), "end")


def test_an_empty_log_has_no_accounts() -> None:
    """Goal: nothing comes from nothing. Method: audit no rows."""
    auditor = Auditor()
    auditor.consume(SmallBook(funded=False).journal.rows())
    assert auditor.balances() == {}
    assert auditor.marks() == {}
    auditor.check([], "start")
