"""Which payments a variant changes, and which rule decided each, joined by intent.

One seed gives an intent the same text in both arms, so payments are compared one by one and not as
totals: what was paid to one person and refused to another would cancel in a sum. Every intent of
either arm is in exactly one cell, unchanged ones too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tengesim.codes import Kind, Status, TrueLabel, column_text
from tengesim.metrics.exact import total

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CHANGE_COLUMNS",
    "EXAMPLES_MAX",
    "EXAMPLE_COLUMNS",
    "Changes",
    "Ending",
    "changes",
    "is_changed",
]

_CAUSE: Final = (
    "outcome_base",
    "outcome_variant",
    "rule_base",
    "rule_variant",
    "reason_base",
    "reason_variant",
    "true_label",
)
CHANGE_COLUMNS: Final = ("variant", *_CAUSE, "count", "amount_tiyn")
EXAMPLE_COLUMNS: Final = (
    "variant",
    *_CAUSE,
    "intent",
    "payer",
    "payee",
    "time_us",
    "amount_base_tiyn",
    "amount_variant_tiyn",
)

EXAMPLES_MAX: Final = 20
"""Payments shown of each cause: enough to see whom it meets, few enough to read."""

_CODED: Final = ("form", "rule", "reason", "true_label")

_WANTS: Final = (
    Kind.PAYMENT,
    Kind.DELIVERY,
    Kind.WAGE,
    Kind.BENEFIT,
    Kind.CASH_WITHDRAWAL,
    Kind.OFFLINE_PAYMENT,
    Kind.UNMET,
    Kind.BUDGET_PAYMENT,
)

_CREDITS: Final = (Kind.WAGE, Kind.BENEFIT)
"""Kinds of which one act pays many people, each of whom is due something of its own."""

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]


class Ending(IntEnum):
    """How an intent ended in one arm.

    More and less are than in the base, and otherwise is with another form of money, of what both
    arms paid.

    `ABSENT` means that nobody tried in this arm. `RECORDED` is what a later claim or the next
    contact of a device has to settle.
    """

    ABSENT = 0
    UNMET = 1
    REFUSED = 2
    RECORDED = 3
    PAID = 4
    REFUNDED = 5
    PAID_MORE = 6
    PAID_LESS = 7
    PAID_OTHERWISE = 8


class Changes(NamedTuple):
    """Counts by cause, changed or not, and examples of the changed ones."""

    causes: pd.DataFrame
    examples: pd.DataFrame


class _Rows(NamedTuple):
    """Rows of one arm that are about an intent, in the order of the log, in whole numbers."""

    place: Whole
    intent: Whole
    is_want: Flags
    ending: Whole
    form: Whole
    rule: Whole
    reason: Whole
    true_label: Whole
    ref: Whole
    time_us: Whole
    amount_tiyn: Whole


class _Intents(NamedTuple):
    """What became of each intent in one arm; what it never tried has 0 or the empty text."""

    ending: Whole
    form: Whole
    rule: Whole
    reason: Whole
    true_label: Whole
    amount_tiyn: Whole
    time_us: Whole
    first_place: Whole
    """Where the log first names the intent; its payer stands there."""
    last_place: Whole
    """Where the posting of that row ends; its payee stands there."""

    @classmethod
    def of(cls, rows: _Rows, count: int) -> Self:
        """Read the rows of an arm, whose intents are numbered from 0 to `count` - 1."""
        nothing = np.zeros(count, dtype=np.int64)
        if not len(rows.intent):
            return cls(*[nothing] * 9)
        first, wanted, last, end = (nothing - 1 for _ in range(4))
        places = np.arange(len(rows.intent))
        # Of several assignments to one place NumPy keeps the last, in the order of the rows.
        last[rows.intent] = places
        wanted[rows.intent[rows.is_want]] = places[rows.is_want]
        first[rows.intent[::-1]] = places[::-1]
        # A payment between banks is several rows of one posting; its last one names the payee.
        is_opening = rows.ref == rows.ref[first[rows.intent]]
        end[rows.intent[is_opening]] = places[is_opening]
        is_there = first >= 0
        return cls(
            *(
                np.where(is_there, column[which], 0)
                for column, which in (
                    (rows.ending, last),
                    (rows.form, wanted),
                    (rows.rule, last),
                    (rows.reason, last),
                    (rows.true_label, first),
                    (rows.amount_tiyn, wanted),
                    (rows.time_us, first),
                    (rows.place, first),
                    (rows.place, end),
                )
            )
        )


def changes(base: pd.DataFrame, variant: pd.DataFrame, *, arm: str = "") -> Changes:
    """Return how each intent ended in the base and in the variant, by cause, with examples.

    Both are events of runs with one seed, in `seq` order; `arm` is the name of the variant. Counts
    add up to the intents of both arms together. `amount_tiyn` is the amount of the base, or of the
    variant where the base has no such intent. Examples are the first of each cause in time.
    """
    frames = (base, variant)
    texts = {column: _texts(column, frames) for column in _CODED}
    numbers, intents = _numbered(frames)
    ours, theirs = (
        _with_overflow(_Intents.of(_rows(frame, number, texts), len(intents)), frame, intents)
        for frame, number in zip(frames, numbers, strict=True)
    )
    theirs = theirs._replace(ending=_compared(ours, theirs))
    keys, members = _cells(ours, theirs)
    columns = {
        "variant": [arm] * len(members),
        "outcome_base": [column_text(Ending(code)) for code in keys[0].tolist()],
        "outcome_variant": [column_text(Ending(code)) for code in keys[1].tolist()],
        "rule_base": [texts["rule"][code] for code in keys[2].tolist()],
        "rule_variant": [texts["rule"][code] for code in keys[3].tolist()],
        "reason_base": [texts["reason"][code] for code in keys[4].tolist()],
        "reason_variant": [texts["reason"][code] for code in keys[5].tolist()],
        "true_label": [texts["true_label"][code] for code in keys[6].tolist()],
    }
    return _tables(columns, members, (ours, theirs), frames, intents)


def is_changed(causes: pd.DataFrame) -> pd.Series[bool]:
    """Return which lines of causes or examples differ between the arms."""
    pairs = (("outcome_base", "outcome_variant"), ("rule_base", "rule_variant"))
    changed = causes["reason_base"] != causes["reason_variant"]
    for ours, theirs in pairs:
        changed |= causes[ours] != causes[theirs]
    return changed


def _texts(column: str, frames: tuple[pd.DataFrame, pd.DataFrame]) -> list[str]:
    """Return the texts of a column in either arm, the empty one first."""
    found = {str(text) for frame in frames for text in frame[column].cat.categories}
    return ["", *sorted(found - {""})]


def _codes(series: pd.Series[Any], texts: Sequence[str]) -> Whole:
    """Return for each line the place of its text in `texts`."""
    places = {text: place for place, text in enumerate(texts)}
    of_category = np.array([places[text] for text in series.cat.categories], dtype=np.int64)
    if not len(of_category):
        return np.zeros(len(series), dtype=np.int64)
    return of_category[series.cat.codes.to_numpy()]


def _is_one_of(series: pd.Series[Any], codes: Iterable[IntEnum]) -> Flags:
    texts = {column_text(code) for code in codes}
    chosen = np.array([text in texts for text in series.cat.categories], dtype=np.bool_)
    if not len(chosen):
        return np.zeros(len(series), dtype=np.bool_)
    return chosen[series.cat.codes.to_numpy()]


def _numbered(frames: tuple[pd.DataFrame, pd.DataFrame]) -> tuple[tuple[Whole, Whole], Texts]:
    """Return the number of the intent of each row, -1 for rows about no intent, and all intents.

    Intents are numbered in the order in which the base and then the variant first name them.
    """
    import pandas as pd

    about = [_is_one_of(frame["kind"], _WANTS) for frame in frames]
    later = [_is_later(frame) for frame in frames]
    texts_of = [_intent_texts(frame) for frame in frames]
    wanted = [texts[chosen] for texts, chosen in zip(texts_of, about, strict=True)]
    codes, intents = pd.factorize(np.concatenate(wanted))
    index = pd.Index(intents)
    numbers = []
    for frame, chosen, follows, part in zip(
        frames, about, later, np.split(codes, [len(wanted[0])]), strict=True
    ):
        number = np.full(len(frame), -1, dtype=np.int64)
        number[chosen] = part
        # What is settled or undone without having been wanted before is about no intent here.
        places = np.flatnonzero(follows)
        known = index.get_indexer(pd.Index(frame["intent"].to_numpy(dtype=object)[places]))
        since = np.full(len(intents) + 1, len(frame), dtype=np.int64)
        since[part[::-1]] = np.flatnonzero(chosen)[::-1]
        number[places] = np.where(since[known] < places, known, -1)
        numbers.append(number)
    return (numbers[0], numbers[1]), intents


def _intent_texts(frame: pd.DataFrame) -> Texts:
    """Return the intent of each row; of wages and benefits, that of the act and who is paid."""
    texts = frame["intent"].to_numpy(dtype=object).copy()
    is_due = _is_one_of(frame["kind"], _CREDITS) & _is_one_of(
        frame["true_label"], (TrueLabel.HONEST,)
    )
    places = np.flatnonzero(is_due)
    payees = frame["payee"].iloc[places].astype(str).to_numpy(dtype=object)
    texts[places] = _credit_texts(texts[places], payees)
    return texts


def _credit_texts(acts: Texts, payees: Texts) -> Texts:
    named = [f"{act}/{payee}" if payee else act for act, payee in zip(acts, payees, strict=True)]
    return np.array(named, dtype=object)


def _is_later(frame: pd.DataFrame) -> Flags:
    """Return the rows that settle or undo an intent later; what returns by itself has no place."""
    is_done = ~_is_one_of(frame["status"], (Status.REFUSED, Status.VOIDED))
    is_settlement = _is_one_of(frame["kind"], (Kind.OFFLINE_SETTLEMENT,))
    is_refund = _is_one_of(frame["kind"], (Kind.REFUND,))
    is_return = _is_one_of(frame["kind"], (Kind.RETURN,)) & _codes(
        frame["place"], ["", *(text for text in frame["place"].cat.categories if text)]
    ).astype(np.bool_)
    return np.asarray(is_settlement | is_done & (is_refund | is_return))


def _rows(frame: pd.DataFrame, number: Whole, texts: Mapping[str, Sequence[str]]) -> _Rows:
    place = np.flatnonzero(number >= 0)
    chosen = frame.iloc[place]
    is_paid = _is_one_of(chosen["status"], (Status.SETTLED, Status.POSTED))
    ending = np.full(len(place), Ending.RECORDED, dtype=np.int64)
    ending[is_paid] = Ending.PAID
    ending[_is_one_of(chosen["status"], (Status.REFUSED, Status.VOIDED))] = Ending.REFUSED
    ending[_is_one_of(chosen["kind"], (Kind.UNMET,))] = Ending.UNMET
    ending[_is_one_of(chosen["kind"], (Kind.REFUND, Kind.RETURN))] = Ending.REFUNDED
    codes = {column: _codes(chosen[column], texts[column]) for column in texts}
    whole = {
        column: chosen[column].to_numpy(dtype=np.int64)
        for column in ("ref", "time_us", "amount_tiyn")
    }
    is_want = _is_one_of(chosen["kind"], _WANTS)
    return _Rows(
        place=place, intent=number[place], is_want=is_want, ending=ending, **codes, **whole
    )


def _with_overflow(arm: _Intents, frame: pd.DataFrame, intents: Texts) -> _Intents:
    """Return the intents with what flowed past a payee's full wallet, which was paid all the same.

    Such rows bear the intent and its payer; what made room before has the payee as its payer. Of
    wages and benefits the intent is that of the act, and the posting ends with who is paid.
    """
    import pandas as pd

    is_done = ~_is_one_of(frame["status"], (Status.REFUSED, Status.VOIDED))
    places = np.flatnonzero(_is_one_of(frame["kind"], (Kind.WATERFALL,)) & is_done)
    if not len(places):
        return arm
    texts = frame["intent"].to_numpy(dtype=object)[places]
    known = pd.Index(intents)
    number = known.get_indexer(pd.Index(texts))
    ref = frame["ref"].to_numpy()[places]
    ends = places[np.searchsorted(ref, ref, side="right") - 1]
    payees = frame["payee"].iloc[ends].astype(str).to_numpy(dtype=object)
    credited = known.get_indexer(pd.Index(_credit_texts(texts, payees)))
    number = np.where(number >= 0, number, credited)
    payer = frame["payer"].cat.codes.to_numpy()
    is_paid = np.isin(arm.ending[number], (Ending.PAID, Ending.REFUNDED)) & (number >= 0)
    is_own = is_paid & (payer[places] == payer[arm.first_place[number]])
    amount = arm.amount_tiyn.copy()
    np.add.at(amount, number[is_own], frame["amount_tiyn"].to_numpy()[places[is_own]])
    return arm._replace(amount_tiyn=amount)


def _compared(base: _Intents, variant: _Intents) -> Whole:
    """Return the endings of the variant, told against the base where both arms paid."""
    is_both = (base.ending == Ending.PAID) & (variant.ending == Ending.PAID)
    ending = variant.ending.copy()
    ending[is_both & (variant.form != base.form)] = Ending.PAID_OTHERWISE
    ending[is_both & (variant.amount_tiyn > base.amount_tiyn)] = Ending.PAID_MORE
    ending[is_both & (variant.amount_tiyn < base.amount_tiyn)] = Ending.PAID_LESS
    return ending


def _cells(base: _Intents, variant: _Intents) -> tuple[list[Whole], list[Whole]]:
    """Return the codes of each cause and the intents in it, in the order of the intents."""
    label = np.where(base.ending != Ending.ABSENT, base.true_label, variant.true_label)
    columns = (
        base.ending,
        variant.ending,
        base.rule,
        variant.rule,
        base.reason,
        variant.reason,
        label,
    )
    if not len(label):
        return list(columns), []
    sizes = tuple(int(column.max()) + 1 for column in columns)
    found, cell = np.unique(np.ravel_multi_index(columns, sizes), return_inverse=True)
    members = np.split(np.argsort(cell, kind="stable"), np.cumsum(np.bincount(cell))[:-1])
    return list(np.unravel_index(found, sizes)), members


def _tables(
    columns: dict[str, list[str]],
    members: list[Whole],
    arms: tuple[_Intents, _Intents],
    frames: tuple[pd.DataFrame, pd.DataFrame],
    intents: Texts,
) -> Changes:
    """Return the two tables; what changed comes first, the most frequent cause before others."""
    import pandas as pd

    base, variant = arms
    is_in_base = base.ending != Ending.ABSENT
    amount = np.where(is_in_base, base.amount_tiyn, variant.amount_tiyn)
    causes = pd.DataFrame(columns)
    causes["count"] = np.array([len(chosen) for chosen in members], dtype=np.int64)
    causes["amount_tiyn"] = np.array([total(amount[chosen]) for chosen in members], dtype=np.int64)
    rank = pd.DataFrame({"same": ~is_changed(causes), "count": -causes["count"]})
    order = rank.join(causes[list(_CAUSE)]).sort_values(["same", "count", *_CAUSE]).index
    lines = []
    for line in order[~rank["same"][order].to_numpy()]:
        time_us = np.where(is_in_base, base.time_us, variant.time_us)[members[line]]
        for intent in members[line][np.argsort(time_us, kind="stable")][:EXAMPLES_MAX].tolist():
            arm, frame = (base, frames[0]) if is_in_base[intent] else (variant, frames[1])
            lines.append(
                {
                    **causes.loc[line, ["variant", *_CAUSE]].to_dict(),
                    "intent": intents[intent],
                    "payer": str(frame["payer"].iloc[arm.first_place[intent]]),
                    "payee": str(frame["payee"].iloc[arm.last_place[intent]]),
                    "time_us": int(arm.time_us[intent]),
                    "amount_base_tiyn": _amount(base, intent),
                    "amount_variant_tiyn": _amount(variant, intent),
                }
            )
    examples = pd.DataFrame(lines, columns=list(EXAMPLE_COLUMNS)).astype(
        {"time_us": "int64", "amount_base_tiyn": "Int64", "amount_variant_tiyn": "Int64"}
    )
    return Changes(causes.loc[order].reset_index(drop=True), examples)


def _amount(arm: _Intents, intent: int) -> int | None:
    return int(arm.amount_tiyn[intent]) if arm.ending[intent] != Ending.ABSENT else None
