"""What a log mode keeps, for logs of any kind: whole stories, the same ones, never more than asked.

Rows are drawn at random, with few parties and intents so that all of them meet.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.codes import Kind
from tengesim.journal.events import ROW, Rows
from tengesim.journal.keeping import LOG_MODES, Keeping
from tengesim.journal.names import Names

NAMES = Names()
for text in ("bank", "treasury", "school", "mark"):
    NAMES.id(text)
NAMES.block("person-", 2, 3)
NAMES.block("merchant-", 2, 1)
PARTIES = range(5, 9)

_row = st.tuples(
    st.sampled_from([Kind.PAYMENT, Kind.REFUND, Kind.RETURN, Kind.WAGE, Kind.FUNDING]),
    st.integers(0, 11),
    st.integers(0, 11),
    st.integers(-6, 3),
)


def packed(drawn: list[tuple[int, int, int, int]]) -> Rows:
    """Return rows of these kinds, payers, payees and intents."""
    rows = np.zeros(len(drawn), dtype=ROW)
    for place, (kind, payer, payee, intent) in enumerate(drawn):
        rows[place]["kind"], rows[place]["intent"] = kind, intent if intent < -1 else abs(intent)
        rows[place]["payer"], rows[place]["payee"] = payer, payee
    return rows


@given(st.lists(_row), st.integers(1, 5))
def test_each_mode_keeps_all_that_the_one_before_it_keeps(
    drawn: list[tuple[int, int, int, int]], sample: int
) -> None:
    """Goal: a fuller mode answers every question of the others. Method: masks, mode by mode."""
    rows = packed(drawn)
    masks = [Keeping(mode, sample, NAMES).chosen(rows) for mode in LOG_MODES]
    assert all(not (less & ~more).any() for less, more in itertools.pairwise(masks))
    assert masks[-1].all()


@given(st.lists(_row), st.integers(0, 20), st.sampled_from(LOG_MODES))
def test_what_is_kept_does_not_depend_on_where_the_log_is_cut(
    drawn: list[tuple[int, int, int, int]], cut: int, mode: str
) -> None:
    """Goal: blocks cannot change a log. Method: masks of two pieces against that of the whole."""
    rows, keeping = packed(drawn), Keeping(mode, 3, NAMES)  # type: ignore[arg-type]
    pieces = [keeping.chosen(rows[:cut]), keeping.chosen(rows[cut:])]
    assert keeping.chosen(rows).tolist() == np.concatenate(pieces).tolist()


@given(st.lists(_row))
def test_a_summary_is_the_rows_of_institutions(drawn: list[tuple[int, int, int, int]]) -> None:
    """Goal: its size does not grow with people. Method: the definition, row by row."""
    rows = packed(drawn)
    due = [
        row["kind"] != Kind.FUNDING
        and int(row["payer"]) not in PARTIES
        and int(row["payee"]) not in PARTIES
        and (row["intent"] >= 0 or row["kind"] in (Kind.REFUND, Kind.RETURN))
        for row in rows
    ]
    assert Keeping("summary", 1, NAMES).chosen(rows).tolist() == due


@given(st.lists(_row), st.integers(1, 4))
def test_a_sample_takes_all_rows_of_a_want_or_none(
    drawn: list[tuple[int, int, int, int]], sample: int
) -> None:
    """Goal: stories that are kept are whole. Method: masks of the rows of each want."""
    rows = packed(drawn)
    chosen = Keeping("sampled", sample, NAMES).chosen(rows)
    for intent in set(rows["intent"][rows["intent"] < 0].tolist()):
        of_want = chosen[(rows["intent"] == intent) & ~np.isin(rows["kind"], [9, 10])]
        assert len(set(of_want.tolist())) <= 1


def test_a_sample_is_as_large_as_asked() -> None:
    """Goal: one in 100 means that. Method: a million intents of cells, all of small index."""
    rows = np.zeros(1_000_000, dtype=ROW)
    rows["intent"] = -2 - (np.arange(1_000_000) // 4 << 24 | np.arange(1_000_000) % 4)
    kept = int(Keeping("sampled", 100).chosen(rows).sum())
    assert abs(kept - 10_000) < 400


@pytest.mark.parametrize(("mode", "sample"), [("fulll", 1), ("sampled", 0)])
def test_a_mode_that_is_none_is_refused(mode: str, sample: int) -> None:
    """Goal: nothing is kept by accident. Method: a word and a number that mean nothing."""
    with pytest.raises(ValueError, match="expected"):
        Keeping(mode, sample)  # type: ignore[arg-type]
