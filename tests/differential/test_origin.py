"""Claims about origins: public money is followed first in, first out, to the tiyn."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.codes import Kind
from tengesim.metrics import origin_fold
from tengesim.metrics.origin import Allocations, origins
from tests.naive_origin import RELEASES, Path, Travels, random_events, travels

SEEDS = st.integers(0, 2**32)
POSTINGS = st.integers(1, 60)


def ways(found: Allocations, piece: int) -> Path:
    """Return the rows that a piece came through, the first one first."""
    path: list[int] = []
    while piece != -1:
        path.append(int(found.row[piece]))
        piece = int(found.source[piece])
    return tuple(reversed(path))


def as_travels(found: Allocations) -> Travels:
    """Return what pieces say in the words of the naive telling."""
    came: dict[int, Counter[Path]] = {}
    ended: Counter[Path] = Counter()
    for piece, (row, tiyn, rest) in enumerate(
        zip(found.row.tolist(), found.tiyn.tolist(), found.rest_tiyn.tolist(), strict=True)
    ):
        path = ways(found, piece)
        came.setdefault(row, Counter())[path] += tiyn
        ended[path] += rest
    return Travels(came, +ended)


def are_alike(events: pd.DataFrame) -> bool:
    """Return whether the pieces of a log say what is told tiyn by tiyn."""
    told = travels(events)
    moved = {row: seen for row, seen in told.came.items() if seen}
    return as_travels(origins(events)) == Travels(moved, told.ended)


@given(SEEDS, POSTINGS)
def test_pieces_say_what_single_tiyn_do(seed: int, postings: int) -> None:
    """Goal: first in, first out. Method: random logs, each tiyn moved by itself in plain Python."""
    assert are_alike(random_events(seed, postings))


def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the naive telling has teeth. Method: one kind does another thing than it should."""
    logs = [random_events(seed, 60) for seed in range(40)]
    assert all(map(are_alike, logs))
    for kind in (Kind.PAYMENT, Kind.REFUND, Kind.WAGE, Kind.SHED, Kind.CLAWBACK):
        actions = origin_fold.ACTIONS.copy()
        actions[kind] = 0 if actions[kind] else 2
        monkeypatch.setattr("tengesim.metrics.origin.ACTIONS", actions)
        assert not all(map(are_alike, logs))


@given(SEEDS, POSTINGS)
def test_what_a_line_released_is_what_its_uses_add_up_to(seed: int, postings: int) -> None:
    """Goal: conservation to the tiyn. Method: releases against final uses, by line, and forward."""
    found = origins(random_events(seed, postings))
    for line, tiyn in found.lines().itertuples(index=False):
        uses, flows = found.uses(line), found.forward(line)
        assert uses["tiyn"].sum() == tiyn
        assert flows.loc[flows["step"] == 0, "tiyn"].sum() == tiyn
        assert flows["rest_tiyn"].sum() == tiyn
    assert (found.rest_tiyn >= 0).all()
    moved = np.bincount(found.row, found.tiyn, minlength=len(found.events)).astype(np.int64)
    assert (moved <= found.events["amount_tiyn"].to_numpy()).all()


@given(SEEDS, POSTINGS)
def test_back_and_forward_are_the_same_chains(seed: int, postings: int) -> None:
    """Goal: one story from both ends. Method: what came back to a line went forward from it."""
    found = origins(random_events(seed, postings))
    lines = {str(line) for line in found.lines()["line"]}
    went = {line: found.forward(line).groupby("seq")["tiyn"].sum().to_dict() for line in lines}
    for seq in found.events["seq"].tolist():
        chain = found.back(seq)
        here = chain[chain["step"] == 0].groupby("line")["tiyn"].sum().to_dict()
        assert here == {line: flow[seq] for line, flow in went.items() if seq in flow}
        # What is released lies in a row of the line itself.
        firsts = chain[chain["kind"].isin(RELEASES)]
        assert firsts["tiyn"].sum() >= sum(here.values())


def test_unknown_rows_and_lines_are_refused() -> None:
    """Goal: no empty answer to a wrong question. Method: ask for what is not there."""
    found = origins(random_events(1, 20))
    with pytest.raises(ValueError, match="no row 9"):
        found.back(9)
    with pytest.raises(ValueError, match="'bridges'"):
        found.forward("bridges")


def test_an_empty_log_has_no_origins() -> None:
    """Goal: nothing comes from nothing. Method: no rows."""
    events = random_events(1, 20)
    assert origins(events.iloc[:0]).lines().empty
    assert origins(events[events["status"] == "refused"]).lines().empty
