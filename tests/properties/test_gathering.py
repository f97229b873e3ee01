"""What is gathered while rows pass equals what the whole log says, wherever the log is cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.codes import Form, Kind, Status
from tengesim.engine.gathering import (
    Gathering,
    Openings,
    PaymentCount,
    account_columns,
    groups_of,
)
from tengesim.errors import InvariantError
from tengesim.journal.events import ROW, BalanceColumns, Rows, balance_columns
from tengesim.journal.keeping import Keeping
from tengesim.journal.names import Names
from tengesim.money import SUPPLY_MAX_TIYN

ANSWERED = (Status.SETTLED, Status.POSTED, Status.REFUSED)
PAYMENTS = (Kind.PAYMENT, Kind.DELIVERY, Kind.CLAIM, Kind.BUDGET_PAYMENT)

_tries = st.lists(
    st.tuples(st.sampled_from([*PAYMENTS, Kind.SHED]), st.sampled_from(list(Status))), max_size=4
)
_log = st.lists(st.tuples(st.integers(0, 1), _tries), max_size=12)


def rows_of(drawn: list[tuple[int, list[tuple[int, int]]]]) -> Rows:
    """Return rows in which each entry is a want or an act, whose tries stand together."""
    rows: list[tuple[int, int, int]] = []
    for number, (is_act, tries) in enumerate(drawn):
        rows += [(kind, status, number % 3 if is_act else -2 - number) for kind, status in tries]
    packed = np.zeros(len(rows), dtype=ROW)
    for place, (kind, status, intent) in enumerate(rows):
        packed[place]["kind"], packed[place]["status"] = kind, status
        packed[place]["intent"] = intent
    return packed


def counted(rows: Rows) -> int:
    """Count the intents that were settled or refused, deliveries that were recorded left out."""
    answered = {
        int(row["intent"]) for row in rows if row["kind"] in PAYMENTS and row["status"] in ANSWERED
    }
    recorded = {
        int(row["intent"])
        for row in rows
        if row["kind"] == Kind.DELIVERY and row["status"] == Status.RECORDED
    }
    return len(answered - recorded)


@given(_log, st.lists(st.integers(0, 40), max_size=3))
def test_payments_are_counted_once_wherever_the_log_is_cut(
    drawn: list[tuple[int, list[tuple[int, int]]]], cuts: list[int]
) -> None:
    """Goal: one want, one payment. Method: sets of intents against a count piece by piece."""
    rows, count = rows_of(drawn), PaymentCount()
    for piece in np.split(rows, sorted(min(cut, len(rows)) for cut in cuts)):
        count.consume(piece)
    assert count.total() == counted(rows)


def world() -> tuple[Names, BalanceColumns, Rows]:
    """Return names with parties, the money of some accounts, and the rows that opened them."""
    names = Names()
    bank = names.id("bank")
    people = names.block("person-", 8, 5)
    names.block("merchant-", 7, 2)
    names.block("employer-", 5, 1)
    owner = names.id("treasury")
    rows = np.zeros(7, dtype=ROW)
    rows["kind"], rows["status"] = Kind.OPENING, Status.SETTLED
    rows["payer"] = rows["keeper"] = rows["keeper_to"] = bank
    rows["form"] = rows["form_to"] = Form.BANK_DEPOSIT
    rows["payee"] = [people, people + 1, people + 1, people + 5, people + 6, people + 7, owner]
    rows["amount_tiyn"] = [2**53 + 1, 2, 3, 4, 5, 6, 7]
    holders = [bank, *range(people, people + 8), owner]
    balances = [
        ((holder, bank, Form.BANK_DEPOSIT, 0), (10 * place, place))
        for place, holder in enumerate(holders)
    ]
    [columns] = balance_columns(balances)
    return names, columns, rows


def table(mode: str) -> dict[str, tuple[int, ...]]:
    """Return opening, closing and held tiyn by holder as a run in this mode says it."""
    names, columns, rows = world()
    gathering = Gathering.begin(Keeping(mode, 100, names), names, 1)  # type: ignore[arg-type]
    for fold in gathering.folds():
        for place in range(len(rows)):
            fold(rows[place : place + 1])
    found = account_columns([columns], gathering).rows()
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: row[4:] for row in found}


def test_accounts_of_a_small_world_are_complete_in_every_mode() -> None:
    """Goal: nothing is summed that fits. Method: tables of two modes."""
    full = table("full")
    assert full == table("summary") == table("sampled")
    assert full["person-00000002"] == (5, 20 + 2, 2)
    assert full["bank"][0] == -(2**53 + 28)
    assert [*full][:3] == ["bank", "person-00000001", "person-00000002"]


def test_a_summary_of_a_large_world_sums_its_parties(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a few lines, the same totals. Method: sums of the complete table, exactly."""
    monkeypatch.setattr("tengesim.engine.gathering.PARTIES_MAX", 7)
    full, summed = table("full"), table("summary")
    assert [*summed] == ["bank", "people", "merchants", "employers", "treasury"]
    people = [money for holder, money in full.items() if holder.startswith("person-")]
    assert summed["people"] == tuple(map(sum, zip(*people, strict=True)))
    for place in range(3):
        assert sum(money[place] for money in full.values()) == sum(
            money[place] for money in summed.values()
        )


def test_groups_are_the_blocks_of_the_population() -> None:
    """Goal: nobody else is summed. Method: a world with people and one without."""
    assert [len(ids) for ids in groups_of(world()[0]).values()] == [5, 2, 1]
    assert groups_of(Names()) == {}


def test_openings_are_exact() -> None:
    """Goal: no float on the way. Method: amounts beyond 2^53 in two pieces."""
    _, _, rows = world()
    openings = Openings(lambda: {"everybody": range(100)})
    openings.consume(rows[:3])
    openings.consume(rows[3:])
    bank, owner = 1, int(rows["payee"][-1])
    holders = [(holder << 32) + bank for holder in (-1, owner)]
    accounts = np.array([holders, [Form.BANK_DEPOSIT << 32] * 2])
    assert openings.of(accounts).tolist() == [0, 0]
    openings = Openings(lambda: {"everybody": range(2, 10)})
    openings.consume(rows)
    assert openings.of(accounts).tolist() == [2**53 + 21, 7]


def test_more_than_all_the_money_is_no_balance() -> None:
    """Goal: sums of 96 bits do not wrap unseen. Method: openings beyond the supply, both ways."""
    _, _, rows = world()
    rows["amount_tiyn"] = SUPPLY_MAX_TIYN
    for holder, said in ((2, "holds more"), (1, "below zero")):
        openings = Openings(dict)
        openings.consume(np.concatenate([rows[:1]] * 3))
        with pytest.raises(InvariantError, match=said):
            openings.of(np.array([[(holder << 32) + 1], [Form.BANK_DEPOSIT << 32]]))


_accounts = st.tuples(st.integers(1, 3), st.just(1), st.just(int(Form.CASH)), st.integers(0, 1))
_moves = st.lists(
    st.tuples(_accounts, _accounts, st.sampled_from([1, 2**32 - 1, 2**53 + 1]), st.booleans()),
    max_size=40,
)


@given(_moves, st.lists(_accounts, unique=True, max_size=9), st.lists(st.integers(0, 40)))
def test_openings_of_single_accounts_are_sums_of_their_rows(
    drawn: list[tuple[tuple[int, ...], tuple[int, ...], int, bool]],
    asked: list[tuple[int, ...]],
    cuts: list[int],
) -> None:
    """Goal: every account its own sum. Method: few accounts met again and again, against a dict."""
    rows, due = np.zeros(len(drawn), dtype=ROW), dict.fromkeys(asked, 0)
    rows["kind"] = [Kind.OPENING if is_opening else Kind.ISSUE for *_, is_opening in drawn]
    rows["status"] = Status.SETTLED
    sides = (("payer", "keeper", "form", "mark"), ("payee", "keeper_to", "form_to", "mark_to"))
    for place, (*parts, amount_tiyn, is_opening) in enumerate(drawn):
        rows["amount_tiyn"][place] = amount_tiyn
        for sign, side, account in zip((-1, 1), sides, parts, strict=True):
            for column, value in zip(side, account, strict=True):
                rows[column][place] = value
            if is_opening and account in due:
                due[account] += sign * amount_tiyn
    openings = Openings(dict)
    for piece in np.split(rows, sorted(min(cut, len(rows)) for cut in cuts)):
        openings.consume(piece)
    keys = [[(one << 32) + other for one, other in (a[:2], a[2:])] for a in asked]
    accounts = np.array(keys, dtype=np.int64).reshape(-1, 2).T.copy()
    if any(abs(amount) > SUPPLY_MAX_TIYN for amount in due.values()):
        with pytest.raises(InvariantError):
            openings.of(accounts)
    else:
        assert [*due.values()] == openings.of(accounts).tolist()
