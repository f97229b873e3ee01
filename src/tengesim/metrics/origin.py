"""Where public money came from and went: first in, first out, over the rows of the log.

Every account is a queue: what came first is spent first. Money begins to be followed in the row
that releases it to a budget line (its programme), is followed through every account, form and mark,
and comes to its final use where it is paid to somebody for good (`payment`, `wage`), goes back to
the budget (`tax`, `return`, `revenue`, `penalty`, `clawback`), or lies when the log ends. A refund
brings used money to life again. Each tiyn is in one piece at a time, so what a line released is
exactly what its final uses add up to. Reserves of banks and the single account only stand behind
the money that is followed, and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Form, Kind, Status
from tengesim.journal.tables import code_texts
from tengesim.metrics.origin_fold import (
    ACTIONS,
    OWN,
    POSTED,
    RELEASE,
    Pieces,
    Queues,
    Steps,
    allocate,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Allocations", "origins"]

Numbers = NDArray[np.int64]

_MOVING: Final = (Status.SETTLED, Status.HELD, Status.POSTED, Status.VOIDED)
_BEHIND: Final = (Form.BANK_RESERVE, Form.TREASURY_SINGLE_ACCOUNT, Form.NATIONAL_FUND)
_SHOWN: Final = (
    "seq",
    "time_us",
    "kind",
    "payer",
    "payee",
    "mark",
    "mark_to",
    "intent",
    "place",
)


@dataclass(frozen=True, eq=False)
class Allocations:
    """Pieces of public money, each moved by one row of `events` out of another piece.

    `row` is the place in `events`, `source` the piece it was a part of (-1 where a budget line
    releases it), `root` the piece that released it.
    """

    events: pd.DataFrame
    row: Numbers
    source: Numbers
    root: Numbers
    tiyn: Numbers

    def back(self, seq: int) -> pd.DataFrame:
        """Return the rows that the money of row `seq` came through, up to its budget lines.

        `step` counts them back from 0, the row itself; `line` is the budget line of the last one of
        each chain, and `tiyn` how much of what row `seq` moved came through a row.
        """
        import pandas as pd

        found = self.events["seq"].to_numpy()
        place = int(np.searchsorted(found, seq))
        if place == len(found) or found[place] != seq:
            raise ValueError(f"there is no row {seq} in the log")
        piece = np.flatnonzero(self.row == place)
        tiyn, steps, rows, parts, roots = self.tiyn[piece], [], [], [], []
        for step in range(len(self.row) + 1):
            if not len(piece):
                break
            steps.append(np.full(len(piece), step))
            rows.append(self.row[piece])
            roots.append(self.root[piece])
            parts.append(tiyn)
            is_first = self.source[piece] == OWN
            piece, tiyn = self.source[piece][~is_first], tiyn[~is_first]
        none = np.empty(0, dtype=np.int64)
        frame = pd.DataFrame(
            {
                "step": np.concatenate([none, *steps]),
                "row": np.concatenate([none, *rows]),
                "line": self._line(np.concatenate([none, *roots])),
                "tiyn": np.concatenate([none, *parts]),
            }
        )
        summed = frame.groupby(["step", "row", "line"], as_index=False, observed=True).sum()
        return self._told(summed)

    def forward(self, line: str) -> pd.DataFrame:
        """Return the rows that moved money of budget line `line`, with how much of it.

        `step` counts the rows from 0, the one that released it; `rest_tiyn` is what came to its
        final use there: it was not moved on.
        """
        import pandas as pd

        of_line = self._of_line(line)
        frame = pd.DataFrame(
            {
                "step": self._depth[of_line],
                "row": self.row[of_line],
                "tiyn": self.tiyn[of_line],
                "rest_tiyn": self.rest_tiyn[of_line],
            }
        )
        summed = frame.groupby(["step", "row"], as_index=False).sum().sort_values(["row", "step"])
        return self._told(summed.reset_index(drop=True))

    def uses(self, line: str) -> pd.DataFrame:
        """Return the final uses of budget line `line`: payee, kind of the last row, tiyn.

        They add up to what the line released.
        """
        import pandas as pd

        flows = self.forward(line)
        final = flows[flows["rest_tiyn"] > 0]
        uses = pd.DataFrame(
            {"payee": final["payee"], "kind": final["kind"], "tiyn": final["rest_tiyn"]}
        )
        return uses.groupby(["payee", "kind"], as_index=False, observed=True).sum()

    def lines(self) -> pd.DataFrame:
        """Return every budget line with the tiyn that it released."""
        import pandas as pd

        first = np.flatnonzero(self.source == OWN)
        frame = pd.DataFrame({"line": self._line(first), "tiyn": self.tiyn[first]})
        return frame.groupby("line", as_index=False, observed=True).sum()

    @cached_property
    def rest_tiyn(self) -> Numbers:
        """Return what of each piece was not moved on."""
        rest = self.tiyn.copy()
        moved = self.source != OWN
        np.subtract.at(rest, self.source[moved], self.tiyn[moved])
        return rest

    @cached_property
    def _depth(self) -> Numbers:
        depth = np.zeros(len(self.row), dtype=np.int64)
        level = np.flatnonzero(self.source == OWN)
        # Pieces follow the piece they come from, so each level is found from the one before.
        order = np.argsort(self.source, kind="stable")
        begins = np.searchsorted(self.source[order], np.arange(len(self.row) + 1))
        steps = 0
        while len(level):
            depth[level] = steps
            counts = begins[level + 1] - begins[level]
            firsts = np.repeat(begins[level] - np.cumsum(counts) + counts, counts)
            level = order[firsts + np.arange(counts.sum())]
            steps += 1
        return depth

    def _of_line(self, line: str) -> Numbers:
        import pandas as pd

        programme = pd.Categorical(self.events["programme"])
        if line not in programme.categories:
            raise ValueError(f"no money was released to {line!r} in this log")
        code = programme.categories.get_loc(line)
        return np.flatnonzero(np.asarray(programme.codes)[self.row[self.root]] == code)

    def _line(self, roots: Numbers) -> pd.Series[str]:
        chosen = self.events["programme"].iloc[self.row[self.root[roots]]]
        return chosen.astype(str).reset_index(drop=True)

    def _told(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return `frame` with what the log says of its rows in place of `row`."""
        import pandas as pd

        rows = self.events[list(_SHOWN)].iloc[frame["row"].to_numpy()].reset_index(drop=True)
        return pd.concat([frame.drop(columns="row"), rows], axis=1)


def origins(events: pd.DataFrame) -> Allocations:
    """Return where the public money of each row of `events` came from; rows are in `seq` order.

    In a log of which only a part was kept, money whose arrival is missing is not followed.
    """
    kind, status, form = (
        _codes(events[name], codes)
        for name, codes in (("kind", Kind), ("status", Status), ("form", Form))
    )
    is_followed = np.isin(status, _MOVING) & ~np.isin(form, _BEHIND)
    # What a buyer's control account loses to the Treasury is the right to spend; the money that is
    # released with it is issued to the payee, or stands under a mark already.
    is_right = (ACTIONS[kind] == RELEASE) & (form == Form.CASH_CONTROL_ACCOUNT)
    is_right &= (events["payee"].astype(str) == events["keeper_to"].astype(str)).to_numpy()
    chosen = np.flatnonzero(is_followed & ~is_right)
    payer, payee, count = _accounts(events.iloc[chosen])
    steps = Steps(
        status=status[chosen],
        action=ACTIONS[kind[chosen]],
        payer=payer,
        payee=payee,
        ref=events["ref"].to_numpy(dtype=np.int64)[chosen],
        amount_tiyn=events["amount_tiyn"].to_numpy(dtype=np.int64)[chosen],
    )
    pieces = _allocated(steps, count)
    number = int(pieces.used[0])
    return Allocations(
        events=events,
        row=chosen[pieces.row[:number]],
        source=pieces.source[:number],
        root=pieces.root[:number],
        tiyn=pieces.tiyn[:number],
    )


def _allocated(steps: Steps, accounts: int) -> Pieces:
    """Move everything, making more room whenever there is not enough."""
    seats = 2 * accounts + 1
    room = len(steps.ref) + 64
    queues = Queues(
        head=np.full(seats, -1, dtype=np.int64),
        tail=np.full(seats, -1, dtype=np.int64),
        length=np.zeros(seats, dtype=np.int64),
        piece=np.zeros(room, dtype=np.int64),
        tiyn=np.zeros(room, dtype=np.int64),
        next=np.zeros(room, dtype=np.int64),
        marks=np.array([0, -1, -1], dtype=np.int64),
    )
    pieces = Pieces(
        row=np.zeros(room, dtype=np.int64),
        source=np.zeros(room, dtype=np.int64),
        root=np.zeros(room, dtype=np.int64),
        tiyn=np.zeros(room, dtype=np.int64),
        used=np.zeros(1, dtype=np.int64),
    )
    done = allocate(steps, 0, queues, pieces)
    while done < len(steps.ref):
        queues = queues._replace(
            piece=_doubled(queues.piece), tiyn=_doubled(queues.tiyn), next=_doubled(queues.next)
        )
        pieces = pieces._replace(
            row=_doubled(pieces.row),
            source=_doubled(pieces.source),
            root=_doubled(pieces.root),
            tiyn=_doubled(pieces.tiyn),
        )
        done = allocate(steps, done, queues, pieces)
    return pieces


def _doubled(column: Numbers) -> Numbers:
    return np.concatenate([column, np.zeros_like(column)])


def _codes(series: pd.Series[str], codes: type[Kind | Status | Form]) -> Numbers:
    import pandas as pd

    numbers = {text: number for number, text in enumerate(code_texts(codes)) if text}
    category = pd.Categorical(series)
    return _numbered(category, {**dict.fromkeys(category.categories, 0), **numbers})


def _accounts(events: pd.DataFrame) -> tuple[Numbers, Numbers, int]:
    """Return the numbers of the accounts of payer and payee of each row, and how many there are."""
    import pandas as pd

    sides = (("payer", "payee"), ("keeper", "keeper_to"), ("form", "form_to"), ("mark", "mark_to"))
    category = {name: pd.Categorical(events[name]) for pair in sides for name in pair}
    texts = sorted(set().union(*(one.categories for one in category.values())))
    number_of = {text: number for number, text in enumerate(texts)}
    columns = [
        np.concatenate([_numbered(category[name], number_of) for name in pair]) for pair in sides
    ]
    numbers = np.zeros(2 * len(events), dtype=np.int64)
    for column in columns:
        numbers = np.asarray(pd.factorize(numbers * len(texts) + column)[0], dtype=np.int64)
    count = int(numbers.max(initial=-1)) + 1
    numbers[columns[0] == columns[1]] = POSTED
    return numbers[: len(events)], numbers[len(events) :], count


def _numbered(category: pd.Categorical[Any], numbers: dict[str, int]) -> Numbers:
    table = np.array([numbers[text] for text in category.categories], dtype=np.int64)
    return table[category.codes] if len(category) else np.empty(0, dtype=np.int64)
