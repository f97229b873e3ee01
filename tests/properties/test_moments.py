"""Levels of money, folded while rows pass: cut anywhere they are the same, and what loops say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.codes import Evidence, Form, Kind, Status
from tengesim.errors import InvariantError
from tengesim.journal.events import ROW, Rows
from tengesim.metrics.log import Log
from tengesim.metrics.moments import Moments, RunningMoments
from tengesim.money import SUPPLY_MAX_TIYN

END_US = 10**15
ISSUER, BANK, PERSON = 1, 2, 3

_row = st.tuples(
    st.sampled_from([Kind.PAYMENT, Kind.FUNDING, Kind.DEFUNDING, Kind.LIQUIDITY, Kind.UNMET]),
    st.sampled_from(list(Status)),
    st.sampled_from([Form.DIGITAL_TENGE, Form.BANK_DEPOSIT, Form.BANK_RESERVE]),
    st.sampled_from([ISSUER, BANK, PERSON]),
    st.sampled_from([ISSUER, BANK, PERSON]),
    st.sampled_from([ISSUER, BANK]),
    st.integers(0, 1),
    st.integers(0, 1),
    st.integers(0, 1),
    st.integers(0, 2**53),
    st.integers(0, 10**12),
)


def packed(drawn: list[tuple[int, ...]]) -> Rows:
    """Return rows of these values, in order of time, both sides in one form."""
    rows = np.zeros(len(drawn), dtype=ROW)
    time_us = 0
    for row, (kind, status, form, payer, payee, keeper, mark, mark_to, intent, *rest) in zip(
        rows, drawn, strict=True
    ):
        amount, later = rest
        time_us += later
        row["kind"], row["status"], row["time_us"], row["amount_tiyn"] = (
            kind,
            status,
            time_us,
            amount,
        )
        row["form"] = row["form_to"] = form
        row["keeper"] = row["keeper_to"] = keeper
        row["mark"], row["mark_to"], row["intent"] = mark, mark_to, intent
        row["payer"], row["payee"] = payer, payee
        row["evidence"] = Evidence.CHANNEL_COUNTER
    return rows


def by_hand(rows: Rows) -> dict[str, int]:
    """Return supply and its peak and areas, and lent reserves, one row after another."""
    now = most = area = unmarked = lent = lent_most = cash = further = 0
    opened = None
    for row in rows:
        out, back = bool(row["payer"] == row["keeper"]), bool(row["payee"] == row["keeper_to"])
        amount, lasting = int(row["amount_tiyn"]), END_US - int(row["time_us"])
        cash += bool(row["kind"] == Kind.UNMET) and back
        is_paid = bool(row["kind"] == Kind.PAYMENT and row["status"] == Status.SETTLED)
        further += is_paid and opened == int(row["intent"])
        from_purse = is_paid and bool(row["mark"]) and not row["mark_to"]
        opened = int(row["intent"]) if from_purse else None
        if row["status"] not in (Status.SETTLED, Status.POSTED):
            continue
        if row["form"] == Form.DIGITAL_TENGE:
            change = (int(out) - int(back)) * amount
            now += change
            most = max(most, now)
            area += change * lasting
            come = 0 if back or row["mark_to"] else amount
            left = 0 if out or row["mark"] else amount
            unmarked += (come - left) * lasting
        if row["kind"] == Kind.LIQUIDITY and (out or back):
            lent += amount if out else -amount
            lent_most = max(lent_most, lent)
    return {
        "supply_tiyn": now,
        "supply_peak_tiyn": most,
        "supply_area": area,
        "unmarked_area": unmarked,
        "liquidity_peak_tiyn": lent_most,
        "cash_unmet": cash,
        "further_parts": further,
    }


@given(st.lists(_row, max_size=40))
def test_levels_are_what_one_row_after_another_gives(drawn: list[tuple[int, ...]]) -> None:
    """Goal: exact peaks and areas beyond 2^53. Method: plain loops over the same rows."""
    rows = packed(drawn)
    running = RunningMoments(END_US)
    running.consume(rows)
    found = running.numbers()
    assert {name: found[name] for name in by_hand(rows)} == by_hand(rows)


@given(st.lists(_row, max_size=40), st.integers(0, 40))
def test_levels_do_not_depend_on_where_the_log_is_cut(
    drawn: list[tuple[int, ...]], cut: int
) -> None:
    """Goal: blocks cannot change a metric. Method: two pieces against the whole log."""
    rows = packed(drawn)
    running = RunningMoments(END_US)
    for piece in (rows[:cut], rows[cut:]):
        running.consume(piece)
    whole = RunningMoments(END_US)
    whole.consume(rows)
    assert running.moments() == whole.moments()


@given(st.lists(_row, max_size=40))
def test_a_whole_log_has_the_same_levels(drawn: list[tuple[int, ...]]) -> None:
    """Goal: full and other modes agree. Method: columns of a log at once against the fold.

    Funding and defunding are drawn as they are posted, to and from what an issuer owes.
    """
    rows = packed(drawn)
    running = RunningMoments(END_US)
    running.consume(rows)
    assert Moments.of(Log.of_rows(rows), END_US) == running.moments()


def test_outflow_is_exact() -> None:
    """Goal: no float on the way. Method: two fundings beyond 2^53."""
    row = (
        Kind.FUNDING,
        Status.SETTLED,
        Form.BANK_DEPOSIT,
        PERSON,
        BANK,
        BANK,
        0,
        0,
        0,
        2**53 + 1,
        5,
    )
    running = RunningMoments(END_US)
    running.consume(packed([row, row]))
    assert running.moments().outflow_peak_tiyn == 2**54 + 2


def test_a_level_beyond_all_money_is_refused() -> None:
    """Goal: nothing wraps. Method: the whole of what can be owed, then one tiyn more."""
    most = (Kind.PAYMENT, Status.SETTLED, Form.DIGITAL_TENGE, ISSUER, BANK, ISSUER, 0, 0, 0)
    running = RunningMoments(END_US)
    running.consume(packed([(*most, SUPPLY_MAX_TIYN, 0)]))
    assert running.numbers()["supply_peak_tiyn"] == SUPPLY_MAX_TIYN
    with pytest.raises(InvariantError, match="above"):
        running.consume(packed([(*most, 1, 0)]))
