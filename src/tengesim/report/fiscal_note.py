"""The fiscal note as one page: what each arm costs the budget, by year, level and region.

Low and high are the ends of the joint draws of all assumptions, not of chance; where a campaign
has no draws they are left out rather than guessed. Amounts are those of the simulated days and are
not stretched to a year.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tengesim.experiments.intervals import range_of_draws
from tengesim.population.regions import REGIONS
from tengesim.report.document import Column, div, document, h2, p, part, span, strong, table
from tengesim.report.fiscal import LEVELS, Spending, total_bn
from tengesim.report.markup import Children, Element, Maker
from tengesim.report.numbers import MINUS, NO_VALUE, cited, decimals_text
from tengesim.report.sections import horizon, program, quoted
from tengesim.report.text import NOT_A_FORECAST
from tengesim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ArmCost", "Ends", "difference_ends", "ends_of", "fiscal_note"]

_CUBE: Final = "cube.parquet"
_PAIRS: Final = "pairs.parquet"
_KZT_PER_BILLION: Final = 10**9
_OPENING: Final = (
    "Money that programmes and budget lines paid, less refunds, in billion KZT for the whole"
    " population, over the simulated days "
)


@dataclass(frozen=True, slots=True)
class Ends:
    """Low and high of a total in KZT at the simulated scale, over the draws of assumptions."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ArmCost:
    """What one arm costs; `difference` is that from the base over the draws, None for the base."""

    name: str
    title: str
    scenario: Scenario
    run: str
    spending: tuple[Spending, ...]
    total: Ends | None
    difference: Ends | None


def fiscal_note(arms: Sequence[ArmCost], *, digest: str, digest_key: str) -> str:
    """Return the fiscal note of one run or of a base and its variants as one HTML document."""
    base = arms[0]
    titles = f"Fiscal note: {' / '.join(arm.title for arm in arms)}"
    opening: list[Children] = [
        Maker("h1")(
            quoted(base.scenario.question, "scenario.yaml", arm=base.name, path="question")
        ),
        p(
            [
                _OPENING,
                horizon(base.scenario, base.name),
                " alone; nothing is stretched to a year. ",
                strong(NOT_A_FORECAST),
            ],
            class_="prose",
        ),
        _answer(arms),
    ]
    sections = [_by_year(arms), _by_region(arms), _basis(arms, digest, digest_key)]
    return document(
        titles,
        [div([div(opening, class_="opening"), *sections], class_="note-page")],
        standing="Fiscal note",
    )


def ends_of(pairs: pd.DataFrame, column: str, variant: str, *, metric: str) -> Ends | None:
    """Return low and high of the total over the draws; `column` is `base` or `value`."""
    chosen = pairs[
        (pairs["variant"] == variant)
        & (pairs["metric"] == metric)
        & (pairs["kind"] == "assumption")
    ]
    ends = range_of_draws(chosen[column].dropna().tolist())
    return None if ends is None else Ends(*ends)


def difference_ends(summary: pd.DataFrame, variant: str, *, metric: str) -> Ends | None:
    """Return the interval of the assumptions of the difference, as the summary has it."""
    rows = summary[(summary["variant"] == variant) & (summary["metric"] == metric)]
    known = rows[["assumptions_low", "assumptions_high"]].dropna().to_numpy(dtype="float64")
    return Ends(*known[0].tolist()) if len(known) else None


def _scale(arm: ArmCost) -> Fraction:
    return Fraction(arm.scenario.population.scale)


def _answer(arms: Sequence[ArmCost]) -> Element:
    """Return what each arm costs beside the base, in a sentence each."""
    base = arms[0]
    cost = total_bn(base.spending, _scale(base))
    rows: list[Children] = [
        [_sum_cited(base, _bn_text(cost, signed=False), "amount"), " bn KZT: ", _title(base)]
    ]
    for arm in arms[1:]:
        difference = total_bn(arm.spending, _scale(arm)) - cost
        told: list[Children] = [
            _sum_cited(arm, _bn_text(difference, signed=True), "difference"),
            " bn KZT: ",
            _title(arm),
            ", beside the base",
        ]
        if arm.difference is not None:
            scale = _scale(arm)
            low, high = (
                cited(
                    _bn_text(_bn(value, scale), signed=True),
                    _PAIRS,
                    arm=arm.name,
                    what="difference",
                    end=end,
                )
                for end, value in (("low", arm.difference.low), ("high", arm.difference.high))
            )
            told += [" (the assumptions leave ", low, " to ", high, ")"]
        rows.append(told)
    return div([h2("The answer"), *(p(row) for row in rows)], class_="answer")


def _title(arm: ArmCost) -> Children:
    return quoted(arm.title, "scenario.yaml", arm=arm.name, path="title")


def _sum_cited(arm: ArmCost, text: str, what: str) -> Element:
    return strong(cited(text, _CUBE, arm=arm.name, what=what))


def _by_year(arms: Sequence[ArmCost]) -> Element:
    years = sorted({piece.year for arm in arms for piece in arm.spending})
    rows: list[Sequence[Children] | Element] = []
    for number, arm in enumerate(arms):
        if len(arms) > 1:
            rows.append(span([f"{_letter(number)}: ", _title(arm)]))
        rows += [_cell(arms[0], arm, year, level) for year in years for level in LEVELS]
        rows.append(_total(arms[0], arm))
    heads = ("Low", "Base", "High", "Difference: low", "Difference", "Difference: high")
    known = [number for number in range(len(heads)) if _is_known(arms, number)]
    columns = [Column("Year and budget")]
    columns += [Column(heads[number], is_number=True) for number in known]
    rows = [
        row if isinstance(row, Element) else [row[0], *(row[1 + n] for n in known)] for row in rows
    ]
    caption = "Billion KZT"
    if len(arms) > 1:
        caption += "; differences are from the base, which stands first"
    return part(
        "By year and budget", [table(caption, columns, rows, name="years-table")], name="years"
    )


def _is_known(arms: Sequence[ArmCost], number: int) -> bool:
    """Return whether a column of low, base, high and of the same differences holds anything."""
    is_difference, is_base = number > 2, number % 3 == 1
    if is_difference and len(arms) == 1:
        return False
    ends = [arm.difference if is_difference else arm.total for arm in arms]
    return is_base or any(each is not None for each in ends)


def _cell(base: ArmCost, arm: ArmCost, year: int, level: str) -> Sequence[Children]:
    def chosen(one: ArmCost) -> Fraction:
        pieces = (piece for piece in one.spending if (piece.year, piece.level) == (year, level))
        return total_bn(pieces, _scale(one))

    whole = total_bn(arm.spending, _scale(arm))
    share = chosen(arm) / whole if whole else Fraction(0)
    keys: dict[str, str | int] = {"arm": arm.name, "year": year, "level": level}
    shown_year = cited(str(year), _CUBE, arm=arm.name, year=year)
    return [
        [shown_year, f", {level}"],
        *_numbers(
            arm, chosen(arm), chosen(arm) - chosen(base), keys, share=share, is_base=arm is base
        ),
    ]


def _total(base: ArmCost, arm: ArmCost) -> Sequence[Children]:
    amount = total_bn(arm.spending, _scale(arm))
    difference = amount - total_bn(base.spending, _scale(base))
    numbers = _numbers(
        arm, amount, difference, {"arm": arm.name}, share=Fraction(1), is_base=arm is base
    )
    return [strong("All budgets"), *(strong(each) for each in numbers)]


def _numbers(
    arm: ArmCost,
    amount: Fraction,
    difference: Fraction,
    keys: Mapping[str, str | int],
    *,
    share: Fraction,
    is_base: bool,
) -> list[Children]:
    """Return low, base and high of a cell and of its difference from the base.

    The ends are known of the total; a cell has its share of them.
    """
    scale = _scale(arm)
    numbers: list[Children] = []
    for ends, middle, what in (
        (arm.total, amount, "amount"),
        (arm.difference, difference, "difference"),
    ):
        signed = what == "difference"
        low, high = (None, None) if ends is None else (_bn(ends.low, scale), _bn(ends.high, scale))
        for value, end in ((low, "low"), (None, "base"), (high, "high")):
            if end == "base":
                hidden = signed and is_base
                text = NO_VALUE if hidden else _bn_text(middle, signed=signed)
                numbers.append(text if hidden else cited(text, _CUBE, what=what, **keys))
            elif value is None:
                numbers.append(NO_VALUE)
            else:
                text = _bn_text(value * share, signed=signed)
                numbers.append(cited(text, _PAIRS, what=what, end=end, **keys))
    return numbers


def _by_region(arms: Sequence[ArmCost]) -> Element:
    """Return two tables side by side, so that a note of several arms stays one page."""
    simulated = {piece.region for arm in arms for piece in arm.spending}
    codes = [*REGIONS, *sorted(simulated - set(REGIONS))]
    middle = (len(codes) + 1) // 2
    heads = [_letter(number) for number in range(len(arms))] if len(arms) > 1 else ["bn KZT"]
    columns = [Column("Region"), *(Column(head, is_number=True) for head in heads)]
    tables = [
        table(
            f"Billion KZT, base; regions from {_name(half[0])}",
            columns,
            [_region(arms, code, simulated) for code in half],
            name=f"regions-table-{number}",
        )
        for number, half in enumerate((codes[:middle], codes[middle:]))
    ]
    told = p("A region without a number was not simulated.", class_="note")
    return part("By region", [div(tables, class_="halves"), told], name="regions")


def _letter(number: int) -> str:
    """Return the letter under which an arm stands in a table of several."""
    return chr(ord("A") + number)


def _name(code: str) -> str:
    known = REGIONS.get(code)
    return known.en if known is not None else code or "Not of one region"


def _region(arms: Sequence[ArmCost], code: str, simulated: set[str]) -> Sequence[Children]:
    name: list[Children] = [_name(code)]
    if code:
        name.append(Maker("span")([" ", cited(code, "regions", region=code)], class_="soft"))
    cells: list[Children] = []
    for arm in arms:
        pieces = [piece for piece in arm.spending if piece.region == code]
        amount = _bn_text(total_bn(pieces, _scale(arm)), signed=False)
        shown = cited(amount, _CUBE, arm=arm.name, region=code, what="amount")
        cells.append(shown if code in simulated else NO_VALUE)
    return [name, *cells]


def _basis(arms: Sequence[ArmCost], digest: str, digest_key: str) -> Element:
    told = list(_basis_words(arms))
    file = "campaign.json" if digest_key == "ensemble_digest" else "manifest.json"
    made: list[Children] = [
        program(),
        ", digest ",
        Maker("code")(cited(digest[:16], file, key=digest_key)),
        ". Runs: ",
    ]
    for number, arm in enumerate(arms):
        made += ["" if number == 0 else ", ", Maker("code")(cited(arm.run, file, arm=arm.name))]
    return Maker("section")(
        [h2("Basis"), *(p(each, class_="note") for each in told), p([*made, "."], class_="note")]
    )


def _basis_words(arms: Sequence[ArmCost]) -> Iterator[Children]:
    scale = _scale(arms[0])
    if scale != 1:
        percent = decimals_text(scale * 100, 1 if (scale * 1000).denominator == 1 else 2)
        yield [
            "A sample was simulated and divided by its share of the population, ",
            cited(f"{percent}\u00a0%", "scenario.yaml", arm=arms[0].name, path="population.scale"),
            ".",
        ]
    if any(arm.total is not None for arm in arms):
        yield (
            "Low and high are the ends that hold nineteen of twenty joint draws of all assumptions;"
            " they are known of the total, and parts of it have their share. Base is the run at"
            " the first seed with every number at its base value."
        )
    else:
        yield (
            "One run has no low and high: tengesim compare draws the assumptions and a note of its"
            " campaign has them."
        )


def _bn(amount: float, scale: Fraction) -> Fraction:
    return Fraction(amount) / _KZT_PER_BILLION / scale


def _bn_text(value: Fraction, *, signed: bool) -> str:
    text = decimals_text(value, 3)
    is_more = signed and value > 0 and text.strip("0.") != ""
    return f"+{text}" if is_more else text.replace("-", MINUS)
