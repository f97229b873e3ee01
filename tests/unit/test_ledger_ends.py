"""What is remembered of two accounts is what the chart and the accounts say, for any room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.codes import Form, Kind
from tengesim.ledger import chart, ends
from tengesim.payment import Account, AccountId, Move, NameId

ACCOUNTS = [
    Account(NameId(holder), NameId(keeper), form, NameId(mark))
    for holder, keeper, form, mark in (
        (1, 1, Form.DIGITAL_TENGE, 0),
        (2, 1, Form.DIGITAL_TENGE, 0),
        (3, 1, Form.DIGITAL_TENGE, 9),
        (4, 1, Form.CASH, 0),
    )
]
KINDS = (Kind.PAYMENT, Kind.ISSUE, Kind.UNMET)


def asked(
    known: ends.Ends, opened: int, kind: Kind, pair: tuple[int, int]
) -> tuple[object, tuple[int, ...]]:
    """Return what is said of a pair, a complaint as text."""
    move = Move(AccountId(pair[0]), AccountId(pair[1]), 5)
    sound: object
    try:
        sound = known.are_sound(kind, move)
    except ValueError as error:
        sound = str(error)
    assert known.are_open(move) == (max(pair) < opened)
    return sound, known.seats(move)


def plainly(opened: int, kind: Kind, pair: tuple[int, int]) -> tuple[object, tuple[int, ...]]:
    """Return the same with nothing remembered."""
    seats = [ACCOUNTS[one] if one < opened else (0, 0, 0, 0) for one in pair]
    sound: object = max(pair) < opened
    if sound:
        move = Move(AccountId(pair[0]), AccountId(pair[1]), 5)
        try:
            chart.check_move(kind, move, ACCOUNTS.__getitem__)
        except ValueError as error:
            sound = str(error)
    (debit, credit) = seats
    return sound, (debit[0], credit[0], *debit[1:], *credit[1:])


@pytest.mark.parametrize("room", [1, 2, 4_096])
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(ACCOUNTS)),
            st.sampled_from(KINDS),
            st.tuples(st.integers(0, 3), st.integers(0, 3)),
        ),
        max_size=40,
    )
)
def test_what_is_remembered_is_what_is_found(
    room: int, asks: list[tuple[int, Kind, tuple[int, int]]]
) -> None:
    """Goal: memory decides nothing. Method: any questions while accounts open, against none."""
    opened = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ends, "_PAIRS_MAX", room)
        known = ends.Ends(ACCOUNTS.__getitem__, lambda account: account < opened)
        for least, kind, pair in asks:
            opened = max(opened, least)
            assert asked(known, opened, kind, pair) == plainly(opened, kind, pair)
