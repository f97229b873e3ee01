"""Compiled code answers every want as readable code does: the same rows, names and money.

What it leaves to readable code is part of the comparison, so a want it should not have begun shows
as a difference too.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengesim.codes import Kind, Reason, Status
from tengesim.engine import kernel_state as at
from tengesim.engine.kernel import drain
from tengesim.journal.events import ROW
from tengesim.ledger.columns import Columns
from tengesim.ledger.parties import USED
from tengesim.payment import RetailWant, Want
from tests.kernel_world import Compiled, Half, answers, run_compiled, run_readable, spec_of
from tests.kernel_world import window_of as window_of_wants

ROOT = Path(__file__).parents[2]
PLANTED = 20


@settings(max_examples=150)
@given(st.integers(0, 2**32))
def test_compiled_code_answers_as_readable_code(seed: int) -> None:
    """Goal: one meaning, two codes. Method: random small worlds, logs compared byte by byte."""
    spec = spec_of(seed)
    assert answers(run_readable(spec)) == answers(run_compiled(spec).half)


def test_compiled_code_meets_every_kind_of_answer() -> None:
    """Goal: the comparison is about something. Method: count what compiled code itself wrote."""
    kinds: Counter[tuple[int, int]] = Counter()
    reasons: Counter[int] = Counter()
    stops: Counter[int] = Counter()
    marked: Counter[tuple[int, int]] = Counter()
    split = 0
    for seed in range(250):
        compiled = run_compiled(spec_of(seed))
        stops.update(compiled.stops)
        for rows in compiled.written:
            kinds.update(zip(rows["kind"].tolist(), rows["status"].tolist(), strict=True))
            reasons.update(rows["reason"].tolist())
            under = rows[rows["mark"] != 0]
            marked.update(zip(under["status"].tolist(), under["reason"].tolist(), strict=True))
            split += len(under) - len(np.unique(under["ref"]))
    settled = (
        Kind.PAYMENT,
        Kind.FUNDING,
        Kind.DEFUNDING,
        Kind.WATERFALL,
        Kind.CASH_WITHDRAWAL,
    )
    expected = {(kind, Status.SETTLED) for kind in settled}
    expected |= {(Kind.UNMET, Status.RECORDED), (Kind.DELIVERY, Status.RECORDED)}
    expected |= {(kind, Status.REFUSED) for kind in (Kind.PAYMENT, Kind.DELIVERY)}
    expected |= {(Kind.CASH_WITHDRAWAL, Status.REFUSED)}
    assert expected <= set(kinds)
    assert {
        Reason.SYSTEM_UNAVAILABLE,
        Reason.PAYEE_NOT_ALLOWED,
        Reason.OUTSIDE_VALIDITY,
        Reason.BENEFICIARY_NOT_ELIGIBLE,
        Reason.PRESENCE_NOT_PROVEN,
        Reason.LIMIT_PER_PAYMENT,
        Reason.LIMIT_PER_PERIOD,
        Reason.LIMIT_HOLDING,
        Reason.INSUFFICIENT_FUNDS,
    } <= set(reasons)
    assert {at.DONE, at.ESCAPE, at.SIGNAL} <= set(stops)
    assert {
        (Status.SETTLED, Reason.NONE),
        *(
            (Status.REFUSED, reason)
            for reason in (
                Reason.SYSTEM_UNAVAILABLE,
                Reason.PAYEE_NOT_ALLOWED,
                Reason.PURPOSE_NOT_ALLOWED,
                Reason.OUTSIDE_VALIDITY,
                Reason.LIMIT_PER_PERIOD,
                Reason.MILESTONE_NOT_MET,
                Reason.RULE_NOT_MET,
            )
        ),
    } <= set(marked)
    assert split > 50


def some_hour(seed: int = 3) -> tuple[Compiled, list[Want | RetailWant]]:
    """Return a world before its first hour, and the wants of that hour."""
    spec = spec_of(seed)
    compiled = Compiled(Half(spec, Columns))
    hour = spec.wants[0].time_us // 3_600_000_000
    return compiled, [want for want in spec.wants if want.time_us // 3_600_000_000 == hour]


def stop_of(
    compiled: Compiled,
    wants: list[Want | RetailWant],
    *,
    room: int = 1_000,
    until_us: int = at.AFTER,
) -> np.ndarray:
    """Return the cursor after one call of compiled code with every name known."""
    world, names = compiled.world, compiled.half.names
    world.names[:] = [names.id(text) for text in compiled.texts]
    cursor = np.zeros(at.CURSOR_WIDTH, dtype=np.int64)
    drain(window_of_wants(compiled.half, wants), world, np.zeros(room, dtype=ROW), cursor, until_us)
    return cursor


def test_a_buffer_nearly_full_stops_before_a_want() -> None:
    """Goal: FLUSH. Method: room for one row less than may be needed, and for exactly that."""
    compiled, wants = some_hour()
    assert stop_of(compiled, wants, room=at.ROOM_ROWS - 1)[at.STOP] == at.FLUSH
    assert stop_of(compiled, wants, room=at.ROOM_ROWS - 1)[at.NEXT] == 0
    assert stop_of(compiled, wants, room=at.ROOM_ROWS)[at.NEXT] > 0


def test_a_want_at_the_given_moment_waits() -> None:
    """Goal: strictly before. Method: the moment of the first want, and one microsecond later."""
    compiled, wants = some_hour()
    first_us = wants[0].time_us
    waiting = stop_of(compiled, wants, until_us=first_us)
    assert (waiting[at.STOP], waiting[at.NEXT], waiting[at.SEQ]) == (at.DONE, 0, 0)
    assert stop_of(compiled, wants, until_us=first_us + 1)[at.NEXT] > 0


@pytest.mark.parametrize("broken", ["order", "party", "day", "used"])
def test_what_may_never_be_is_named(broken: str) -> None:
    """Goal: BROKEN says what. Method: break one thing in each of many small worlds."""
    expected = {
        "order": at.BREACH_OF_ORDER,
        "party": at.BREACH_OF_PARTY,
        "day": at.BREACH_OF_DAY,
        "used": at.BREACH_OF_USED,
    }[broken]
    found = set()
    for seed in range(40):
        compiled, wants = some_hour(seed)
        cursor = stop_of(compiled, _broken(broken, compiled, wants))
        if cursor[at.STOP] == at.BROKEN:
            found.add(int(cursor[at.WHAT]))
    assert found == {expected}


def _broken(
    broken: str, compiled: Compiled, wants: list[Want | RetailWant]
) -> list[Want | RetailWant]:
    if broken == "order":
        return [wants[0], *wants]
    if broken == "day":
        compiled.world.midnights[:] += 30 * 24 * 3_600_000_000
    elif broken == "used":
        day = int(compiled.world.fixed[at.FIRST_DAY])
        compiled.world.rows[:, USED] = (day << 48) | ((1 << 48) - 1)
        compiled.world.rule_rows[:, 2] = 2**62
    else:
        return [want._replace(payee=99) if isinstance(want, RetailWant) else want for want in wants]
    return wants


def test_planted_mistakes_are_caught_and_plain_python_agrees() -> None:
    """Goal: teeth, and a third leg. Method: uncompiled in a process of its own, then broken."""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.kernel_teeth"],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    differing = json.loads(found.stdout)
    assert differing.pop("nothing") is False
    assert len(differing) == PLANTED
    assert [name for name, is_caught in differing.items() if not is_caught] == []
