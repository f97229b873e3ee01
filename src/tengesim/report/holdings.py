"""The part of a report that is about a reserve: its sources, who bears prices, mined or bought.

Nothing is computed here; every number is a measure of the run, and says which one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from tengesim.report.document import Column, div, figure, h3, p, part, table
from tengesim.report.markup import Children, Element
from tengesim.report.numbers import citation, is_number, value_text
from tengesim.report.sections import quoted
from tengesim.report.svg import Bar, bars
from tengesim.report.wording import title_of

__all__ = ["reserve_parts"]

Rows = Mapping[str, Mapping[Any, Any]]
Shown = Callable[[Mapping[Any, Any]], Children]

_SOURCES: Final = (
    "provenance_public",
    "provenance_confiscated",
    "provenance_mined",
    "provenance_energy",
)
_BEARERS: Final = (
    ("The state", "forfeited", "price_risk_forfeited"),
    ("Victims", "compensated", "price_risk_compensated"),
    ("Owners", "handed_back", "price_risk_handed_back"),
)
_EXPOSURES: Final = ("cash_exposure", "economic_exposure", "hold_break_even")
_MINING: Final = ("mined", "mining_break_even", "mined_if_bought", "mined_against_bought")


def reserve_parts(rows: Rows, shown: Shown, source: str) -> Iterator[Element]:
    """Yield what a report says of a reserve, arrested assets and mining, as far as there is any.

    `shown` writes the value of a row, `source` is the file it comes from.
    """
    sources = [name for name in _SOURCES if is_number(rows.get(name, {}).get("value"))]
    if sources:
        yield _provenance(rows, sources, source)
    if "price_risk_forfeited" in rows:
        yield _arrests(rows, shown)
    if any(is_number(rows.get(name, {}).get("value")) for name in _MINING[1:]):
        told = (
            "A mined coin has power, fees, hosting and the price of the machines in it. Above one"
            " hundred percent, the same coins would have been cheaper to buy."
        )
        yield part(
            "Mined or bought",
            [p(told, class_="prose"), _listed(rows, _MINING, shown)],
            name="mined",
        )


def _provenance(rows: Rows, sources: Sequence[str], source: str) -> Element:
    drawn = bars(
        [
            Bar(
                title_of(name),
                float(rows[name]["value"]),
                value_text(float(rows[name]["value"]), "share"),
                citation(source, metric=name, column="value"),
            )
            for name in sources
        ],
        ceiling=1.0,
        name="provenance",
        title="Where the reserve came from",
        description="Each share stands beside its bar and among all measures.",
        look="honest",
    )
    told = "By value on the day it came in: what prices did later is no merit of a source."
    panel = figure([h3("Shares by source"), p(told), drawn], class_="panel")
    return part("Where the reserve came from", [div([panel], class_="panels")], name="provenance")


def _arrests(rows: Rows, shown: Shown) -> Element:
    lines: list[Sequence[Children]] = [
        [who, shown(rows[received]), shown(rows[change])] for who, received, change in _BEARERS
    ]
    columns = (
        Column("Who received it"),
        Column("Worth on the day of arrest", is_number=True),
        Column("What its price did before the end", is_number=True),
    )
    told = (
        "Until a court decides, arrested assets are somebody's, and so is the risk of their price:"
        " whoever receives them in the end has borne it."
    )
    listed = table("Arrested assets by who received them", columns, lines, name="bearers")
    exposed = _listed(rows, _EXPOSURES, shown)
    return part("Who bears the risk", [p(told, class_="prose"), listed, exposed], name="price-risk")


def _listed(rows: Rows, names: Sequence[str], shown: Shown) -> Element:
    lines: list[Sequence[Children]] = [
        [quoted(title_of(name), "catalogue", metric=name, field="title"), shown(rows[name])]
        for name in names
        if name in rows and is_number(rows[name]["value"])
    ]
    columns = (Column("Measure"), Column("Value", is_number=True))
    return table("Measures of this part", columns, lines, name=f"measures-of-{names[0]}")
