"""Retail of one world for compiled code: its arrays, its windows, and who takes over when it stops.

Between two calls of compiled code everything stands in the ledger, in the journal and in the
counters that readable code shares, so either may go on where the other stopped.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from tengesim.clock import HOUR_US
from tengesim.engine import kernel_state as at
from tengesim.engine.equipment import Equipment
from tengesim.engine.kernel import drain
from tengesim.engine.packing import Packed, find_issuers
from tengesim.engine.settlement import Settlement
from tengesim.errors import InvariantError
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger.columns import Columns
from tengesim.payment import RetailWant, Want
from tengesim.retail.ahead import Ahead
from tengesim.retail.tape import Tape, Window

__all__ = ["CompiledRetail"]

_BREACHES: Final = {
    at.BREACH_OF_ORDER: "does not come after the one before",
    at.BREACH_OF_PARTY: "names a party or an account that does not exist",
    at.BREACH_OF_DAY: "lies outside the days of the world",
    at.BREACH_OF_USED: "is more than the counter of its payer's day can hold",
}


class CompiledRetail:
    """All wants of one world; a `draining.Retail`."""

    def __init__(
        self,
        tape: Tape,
        packed: Packed,
        *,
        ledger: Columns,
        journal: Journal,
        names: Names,
        answer: Callable[[Want | RetailWant], None],
        settlement: Settlement,
        equipment: Equipment | None,
        central: str,
        horizon_us: tuple[int, int],
    ) -> None:
        """Answer the wants of `tape` in the horizon on `ledger`.

        `answer` is the readable code, `central` the name of the national bank.
        """
        self._tape = tape
        self._ahead = Ahead(tape)
        self._state = packed.state
        self._texts = packed.texts
        self._ledger = ledger
        self._journal = journal
        self._names = names
        self._answer = answer
        self._settlement = settlement
        self._equipment = equipment
        self._central = central
        start_us, self._end_us = horizon_us
        hours = [hour for hour in tape.hours() if start_us <= hour * HOUR_US < self._end_us]
        self._hours = iter(hours)
        self._hour = next(self._hours, None)
        self._window: Window | None = None
        self._cursor = np.zeros(at.CURSOR_WIDTH, dtype=np.int64)
        self._unnamed = list(range(len(packed.texts)))
        self._name()

    def drain(self, until_us: int) -> int | None:
        """Answer what comes strictly before `until_us`, or up to a want for readable code."""
        until_us = min(until_us, self._end_us)
        while True:
            if self._window is None and not self._open(until_us):
                return None
            stopped_us = self._go_on(until_us)
            if stopped_us is not None or self._window is not None:
                return stopped_us

    @property
    def state(self) -> at.World:
        """The arrays that compiled code works on."""
        return self._state

    def window(self, hour: int) -> Window:
        """Draw the wants of an hour, and note which tills have a connection in it."""
        if self._equipment is not None:
            connected = self._equipment.outages.connected(hour)
            if connected is not None:
                self._state = self._state._replace(connected=connected.astype(np.uint8))
        return self._tape.columns(hour)

    def attend(self) -> None:
        """Answer the want that compiled code left, or tell about the one it answered."""
        window, cursor = self._window, self._cursor
        if window is None:
            raise InvariantError("nobody waits to be attended to")
        if cursor[at.STOP] == at.SIGNAL:
            want = self._tape.want(window, int(cursor[at.NEXT]) - 1)
            if isinstance(want, RetailWant):
                raise InvariantError(f"{want} is about no voucher, and nobody is to be told")
            self._settlement.tell(want)
            return
        self._answer(self._tape.want(window, int(cursor[at.NEXT])))
        cursor[at.NEXT] += 1
        self._name()

    def _open(self, until_us: int) -> bool:
        """Draw the next hour, where it begins before `until_us`."""
        if self._hour is None or self._hour * HOUR_US >= until_us:
            return False
        hour, self._hour = self._hour, next(self._hours, None)
        self._window = self._ahead.columns(hour, self._hour)
        connected = None if self._equipment is None else self._equipment.outages.connected(hour)
        if connected is not None:
            self._state = self._state._replace(connected=connected.astype(np.uint8))
        self._cursor[at.NEXT] = 0
        return True

    def _go_on(self, until_us: int) -> int | None:
        """Let compiled code go on; return the time of a want at which it stopped.

        The window is let go when all of it is answered.
        """
        window, cursor = self._window, self._cursor
        if window is None:
            return None
        while True:
            self._call(window, until_us)
            stop, place = int(cursor[at.STOP]), int(cursor[at.NEXT])
            if stop == at.BROKEN:
                want = self._tape.want(window, place)
                raise InvariantError(f"{want} {_BREACHES[int(cursor[at.WHAT])]}")
            if stop == at.ESCAPE:
                return int(window.time_us[place])
            if stop == at.SIGNAL:
                return int(window.time_us[place - 1])
            if stop == at.DONE:
                if place == len(window.time_us):
                    self._window = None
                return None

    def _call(self, window: Window, until_us: int) -> None:
        """Hand compiled code the ledger and the log as they stand now, and take them back."""
        ledger, cursor, journal = self._ledger, self._cursor, self._journal
        state = self._state
        if state.singles is not ledger.singles:
            # The ledger grew, and its columns are elsewhere.
            state = self._state = state._replace(
                singles=ledger.singles,
                holder=ledger.holder,
                keeper=ledger.keeper,
                mark=ledger.mark,
                form=ledger.form,
                is_issuer=ledger.is_issuer,
                frozen=ledger.frozen,
            )
        carry = None if self._equipment is None else self._equipment.carry
        if carry is not None:
            carry.reserve()
            cursor[at.CARRIED] = carry.used
            if state.carried is not carry.rows:
                state = self._state = state._replace(carried=carry.rows)
        log, used, seq = journal.open_buffer()
        before = int(cursor[at.NEXT])
        cursor[at.USED_ROWS], cursor[at.SEQ], cursor[at.REF] = used, seq, ledger.ref
        drain(window, state, log, cursor, until_us)
        journal.advance(int(cursor[at.USED_ROWS]))
        ledger.ref = int(cursor[at.REF])
        if carry is not None:
            carry.used = int(cursor[at.CARRIED])
        last = int(cursor[at.NEXT]) - 1
        if last >= before:
            place = (int(window.time_us[last]), int(window.rank[last]), int(window.number[last]))
            ledger.position = (*place, _LAST_ATTEMPT)

    def _name(self) -> None:
        """Tell compiled code the numbers of names and accounts that have come to be known."""
        find_issuers(self._state.fixed, self._central, self._ledger, self._names)
        for place in [*self._unnamed]:
            known = self._names.find(self._texts[place])
            if known is not None:
                self._state.names[place] = known
                self._unnamed.remove(place)


_LAST_ATTEMPT: Final = 2
"""What compiled code answered is answered for good."""
