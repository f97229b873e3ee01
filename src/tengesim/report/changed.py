"""Which payments changed between the base and a variant, by the rule that decided, with examples.

Counts are those of the full runs at the first seed. What stayed as it was is counted too, so that
the table adds up to every wish to pay of both arms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tengesim.money import format_amount
from tengesim.report.document import Column, code, h3, p, span, table
from tengesim.report.markup import Children, Element
from tengesim.report.numbers import NO_VALUE, cited, value_text, whole_text
from tengesim.report.wording import label_word, outcome_word, reason_title

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CHANGES", "EXAMPLES", "changed_payments"]

CHANGES: Final = "changes.parquet"
EXAMPLES: Final = "examples.parquet"
_CAUSES_MAX: Final = 10
_EXAMPLES_MAX: Final = 6
_SIDES: Final = ("base", "variant")
_CAUSE: Final = (
    *(f"{what}_{side}" for what in ("outcome", "rule", "reason") for side in _SIDES),
    "true_label",
)
_UNIX: Final = datetime(1970, 1, 1, tzinfo=UTC)


def changed_payments(
    changes: pd.DataFrame,
    examples: pd.DataFrame,
    variant: str,
    *,
    label: Children,
    offset: timedelta,
    runs: Mapping[str, str | None],
) -> list[Element]:
    """Return the tables of causes and of examples for one variant, whose title is `label`.

    `offset` is how far local time is ahead of UTC, `runs` the folders of both full runs by side.
    """
    rows = [
        (int(place), row)
        for place, row in zip(changes.index.tolist(), changes.to_dict("records"), strict=True)
        if row["variant"] == variant
    ]
    changed = [(place, row) for place, row in rows if _is_changed(row)]
    same = [(place, row) for place, row in rows if not _is_changed(row)]
    if not changed:
        return [p("No payment at the first seed ended otherwise than in the base.", class_="prose")]
    shown, rest = changed[:_CAUSES_MAX], changed[_CAUSES_MAX:]
    lines = [_cause(place, row) for place, row in shown]
    for title, several in (("All other changes", rest), ("Unchanged", same)):
        if several:
            lines.append(_sum(title, several))
    columns = (
        Column("In the base"),
        Column("In the variant"),
        Column("What it really was"),
        Column("Payments", is_number=True),
        Column("Money", is_number=True),
    )
    caption: list[Children] = [label, ": wishes to pay at the first seed by how they ended"]
    parts = [
        table(
            caption,
            columns,
            lines,
            name=f"changes-{variant}",
            footer=_sum("All together", rows),
        )
    ]
    found = _chosen(examples, variant, [row for _, row in shown])
    if found:
        parts += _examples(found, variant, label=label, offset=offset, runs=runs)
    return parts


def _is_changed(row: Mapping[Any, Any]) -> bool:
    return any(
        row[f"{name}_base"] != row[f"{name}_variant"] for name in ("outcome", "rule", "reason")
    )


def _cause(place: int, row: Mapping[Any, Any]) -> Sequence[Children]:
    return [
        _ending(row, "base"),
        _ending(row, "variant"),
        label_word(str(row["true_label"])),
        *_amounts([(place, row)]),
    ]


def _sum(title: str, rows: Sequence[tuple[int, Mapping[Any, Any]]]) -> Sequence[Children]:
    return [title, "", "", *_amounts(rows)]


def _amounts(rows: Sequence[tuple[int, Mapping[Any, Any]]]) -> list[Children]:
    places = " ".join(str(place) for place, _ in rows)
    count = sum(int(row["count"]) for _, row in rows)
    tiyn = sum(int(row["amount_tiyn"]) for _, row in rows)
    return [
        cited(whole_text(count), CHANGES, rows=places, column="count"),
        cited(value_text(tiyn / 100, "KZT"), CHANGES, rows=places, column="amount_tiyn"),
    ]


def _ending(row: Mapping[Any, Any], side: str) -> Children:
    shown: list[Children] = [outcome_word(str(row[f"outcome_{side}"]))]
    if row[f"reason_{side}"]:
        shown.append(span(reason_title(str(row[f"reason_{side}"])), class_="unit"))
    if row[f"rule_{side}"]:
        shown.append(span(code(str(row[f"rule_{side}"])), class_="unit"))
    return shown


def _chosen(
    examples: pd.DataFrame, variant: str, causes: Sequence[Mapping[Any, Any]]
) -> list[tuple[int, Mapping[Any, Any]]]:
    """Return the first example of each cause, the most frequent cause first."""
    first: dict[tuple[str, ...], tuple[int, Mapping[Any, Any]]] = {}
    places = examples.index.tolist()
    for place, row in zip(places, examples.to_dict("records"), strict=True):
        if row["variant"] == variant:
            first.setdefault(tuple(str(row[key]) for key in _CAUSE), (int(place), row))
    keys = [tuple(str(row[key]) for key in _CAUSE) for row in causes]
    return [first[key] for key in keys if key in first][:_EXAMPLES_MAX]


def _examples(
    found: Sequence[tuple[int, Mapping[Any, Any]]],
    variant: str,
    *,
    label: Children,
    offset: timedelta,
    runs: Mapping[str, str | None],
) -> list[Element]:
    lines: list[Sequence[Children]] = []
    for place, row in found:

        def of(column: str, shown: str, at: int = place) -> Children:
            return cited(shown, EXAMPLES, row=at, column=column)

        moment = _UNIX + timedelta(microseconds=int(row["time_us"])) + offset
        amount = next((side for side in _SIDES if _is_whole(row[f"amount_{side}_tiyn"])), None)
        money = (
            of(f"amount_{amount}_tiyn", format_amount(int(row[f"amount_{amount}_tiyn"])))
            if amount
            else NO_VALUE
        )
        lines.append(
            [
                code(of("intent", str(row["intent"]))),
                [of("payer", str(row["payer"])), " → ", of("payee", str(row["payee"]))],
                of("time_us", moment.strftime("%Y-%m-%d %H:%M")),
                money,
                _ending(row, "base"),
                _ending(row, "variant"),
                label_word(str(row["true_label"])),
            ]
        )
    titles = ("Payment", "Who", "When", "Money", "In the base", "In the variant", "Really")
    columns = [Column(title, is_number=title == "Money") for title in titles]
    caption: list[Children] = [label, ": one payment of each of these changes"]
    listed = table(caption, columns, lines, name=f"examples-{variant}")
    told: list[Children] = ["The whole story of a payment, every rule decision included: "]
    for number, (side, run) in enumerate(runs.items()):
        if run is not None:
            told += [
                "" if number == 0 else " and ",
                code(["tengesim trace ", cited(run, "campaign.json", run_of=side), " PAYMENT"]),
            ]
    return [h3("Examples"), listed, p([*told, "."], class_="note")]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
