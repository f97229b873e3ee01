"""The parts of the fast engine, each by itself: drawing the tape, and the kernel on a tape drawn.

The kernel is measured in turns with the machine's own limit over as many rows, so that its share of
it is of one moment. The world is that of a run whose morning is over, so wallets are filled.
"""

import time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.bench.limit import aligned_rows, move, pairs
from tengesim.clock import HOUR_US
from tengesim.codes import Kind
from tengesim.engine import kernel_state as at
from tengesim.engine import world as worlds
from tengesim.engine.kernel import drain
from tengesim.errors import InvariantError
from tengesim.journal.events import ROW, Rows
from tengesim.journal.relay import BUFFER_ROWS
from tengesim.retail.tape import Window
from tengesim.scenario.model import Scenario

__all__ = ["measure_parts"]

_TURNS: Final = 3
_MORNING_HOURS: Final = 7
"""Hours of the first day after which every wallet was looked over."""
_PLENTY_TIYN: Final = 10**15
"""What banks get before the kernel is measured: to lend is the work of readable code."""
_END_US: Final = np.iinfo(np.int64).max
_SHARE_ELSEWHERE_MAX: Final = 100
"""Of so many wants one may be left to readable code, or what is measured is not the kernel."""


def measure_parts(scenario: Scenario, seed: int) -> dict[str, Any]:
    """Return the seconds of the whole tape, of the kernel and of the limit, and what they did."""
    world = worlds.build(scenario, seed, is_fast=True)
    retail = world.retail
    if retail is None:
        raise TypeError(f"{scenario.name} has no retail for compiled code")
    start_us = world.calendar.at(scenario.clock.start)
    morning_us = start_us + _MORNING_HOURS * HOUR_US
    begun = time.perf_counter()
    windows = [world.tape.columns(hour) for hour in world.tape.hours()]
    tape_s = time.perf_counter() - begun
    wants = sum(len(window.time_us) for window in windows)
    world.env.run(until=morning_us)
    world.journal.flush()
    late = [one for one in windows if len(one.time_us) and one.time_us[0] >= morning_us]
    state = retail.state
    state.singles[state.banks[:, at.BANK_RESERVE]] += _PLENTY_TIYN
    kept = [array.copy() for array in _written(state)]
    buffer = np.zeros(BUFFER_ROWS, dtype=ROW)
    payments = _answer(late, state, buffer, is_counted=True)[1]
    own = aligned_rows(len(state.rows))
    payer, payee = pairs(payments, len(own), seed)
    kernel_s, limit_s = [], []
    for _ in range(_TURNS):
        for array, before in zip(_written(state), kept, strict=True):
            array[:] = before
        kernel_s.append(_answer(late, state, buffer, is_counted=False)[0])
        begun = time.perf_counter()
        move(own, payer, payee)
        limit_s.append(time.perf_counter() - begun)
    return {
        "wants": wants,
        "tape_s": tape_s,
        "payments": payments,
        "kernel_s": kernel_s,
        "limit_payments": payments,
        "limit_s": limit_s,
        "rows": len(own),
    }


def _written(state: at.World) -> tuple[NDArray[np.int64], ...]:
    """Return the arrays of money and counters that compiled code changes."""
    return (state.rows, state.singles, state.used, state.takings)


def _answer(
    windows: list[Window], state: at.World, buffer: Rows, *, is_counted: bool
) -> tuple[float, int]:
    """Let the kernel answer `windows`; return its seconds, and the payments if they are counted."""
    cursor = np.zeros(at.CURSOR_WIDTH, dtype=np.int64)
    seconds, payments, elsewhere = 0.0, 0, 0
    for window in windows:
        cursor[at.NEXT] = 0
        while cursor[at.NEXT] < len(window.time_us):
            cursor[at.USED_ROWS] = 0
            begun = time.perf_counter()
            drain(window, state, buffer, cursor, _END_US)
            seconds += time.perf_counter() - begun
            if is_counted:
                payments += _payments(buffer[: cursor[at.USED_ROWS]])
            if cursor[at.STOP] == at.ESCAPE:
                cursor[at.NEXT] += 1
                elsewhere += 1
            elif cursor[at.STOP] == at.BROKEN:
                raise InvariantError(f"the kernel found a breach of kind {cursor[at.WHAT]}")
    wants = sum(len(window.time_us) for window in windows)
    if elsewhere * _SHARE_ELSEWHERE_MAX > wants:
        raise InvariantError(f"{elsewhere} of {wants} wants are left to readable code")
    return seconds, payments


def _payments(rows: Rows) -> int:
    """Return how many payments rows are about; those of one payment follow one another."""
    intents = rows["intent"][rows["kind"] == Kind.PAYMENT]
    return int(np.count_nonzero(np.diff(intents))) + bool(len(intents))
