"""The parts of the documentation that are made, not written: tables, and figures within sentences.

A made part stands between `<!-- made: NAME -->` and `<!-- end -->`, a figure between `<!--=NAME-->`
and `<!--/-->`, and a test makes them again. To write all of them after a scenario or the figures
have changed:

    python -m tests.examples.pages
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

from tengesim.metrics.catalogue import METRICS_BY_NAME
from tengesim.money import BP, TIYN_PER_TENGE
from tests.examples.country import country_rows
from tests.examples.study_numbers import QUOTED, ROOT, stored, text_of

ARMS: Final = ("headcount", "social_wallet", "marked")
SCHOOL_DAYS: Final = 20
THOUSAND: Final = 1_000
STUDY: Final = (
    "phantom_meals",
    "leakage",
    "honest_refused",
    "delay",
    "paid_amount",
    "released_amount",
    "returned",
)
LESSON: Final = (
    "meals_due",
    "meals_paid",
    "phantom_meals",
    "phantom_share",
    "leakage_amount",
    "honest_refused",
    "false_positive_rate",
    "delay",
    "returned",
    "traceable_share_treasury",
    "verified_purpose",
)
FALLBACKS: Final = (
    ("0 %", "marked, none by hand"),
    ("30 % (shipped)", "marked"),
    ("60 %", "marked, 60 % by hand"),
)
_UNITS: Final = {"pupils": "pupils", "schools": "schools", "caterers": "caterers"}
_MADE: Final = re.compile(r"(<!-- made: ([a-z_]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_FIGURE: Final = re.compile(r"(<!--=([a-z_]+)-->)[^<]*(<!--/-->)")


class Parameter(NamedTuple):
    """A value of the scenarios that bears a source, with the arms it holds in."""

    path: str
    value: str
    low: str
    high: str
    source: str
    note: str


def made(text: str) -> str:
    """Return a page with every made part and every figure made again."""
    known = figures()
    text = _MADE.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n\n{found[3]}", text)
    return _FIGURE.sub(lambda found: f"{found[1]}{known[found[2]]}{found[3]}", text)


def figures() -> dict[str, str]:
    """Return the figures that stand within sentences, by name."""
    runs = stored()["runs"]
    reported, proven, marked = (runs[arm]["metrics"] for arm in ARMS)
    counts = runs["social_wallet"]["counts"]
    numbers = {
        "phantom_reported": reported["phantom_meals"],
        "phantom_proven": proven["phantom_meals"],
        "phantom_of_hundred": 100 * proven["phantom_meals"] / reported["phantom_meals"],
        "phantom_tried": counts["phantom_tried"],
        "phantom_by_hand": counts["phantom_paid_by_hand"],
        "phantom_forged": counts["phantom_paid_on_forged_proof"],
        "refused": proven["honest_refused"],
        "refused_of_thousand": 1000 * proven["honest_refused"] / proven["meals_due"],
        "refused_register": counts["honest_refused_by_the_register"],
        "refused_no_proof": counts["honest_refused_without_proof"],
        "returned": marked["returned"],
    }
    shares = {"share_reported": reported, "share_proven": proven}
    days = {"wait_proven": proven, "wait_marked": marked}
    return {
        **{name: f"{value:,.0f}" for name, value in numbers.items()},
        **{name: f"{100 * arm['phantom_share']:.2f} %" for name, arm in shares.items()},
        **{name: f"{arm['delay']:.1f}" for name, arm in days.items()},
        **temptation(),
    }


def temptation() -> dict[str, str]:
    """Return what forging one meal gains by method, how often it is done, and the sum on paper."""
    scenario = QUOTED["marked"].load()
    behaviour = scenario.behaviour["school_meals"]
    whole = Fraction(BP)
    kept = scenario.programmes["school_meals"].price.value * behaviour.phantom_gain.value / whole
    by_hand = behaviour.manual_fallback.value / whole
    gains = {"report": kept}
    for name, method in behaviour.methods.items():
        spoof = method.spoof.value / whole
        gains[name] = kept * (spoof + (1 - spoof) * by_hand) - method.forging_cost.value
    risk = behaviour.risk_cost_max.value
    taken = {name: min(max(gain / risk, Fraction(0)), Fraction(1)) for name, gain in gains.items()}
    people = scenario.population
    absent = people.pupils.value * Fraction(people.scale) * behaviour.absence.value / whole
    claimable = absent * (1 - people.register_omissions.value / whole) * SCHOOL_DAYS
    on_paper = claimable * people.dishonest_caterers.value / whole * taken["report"]
    return {
        "phantom_on_paper": f"{float(on_paper):,.0f}",
        **{
            f"gain_{name}": f"{float(gain / TIYN_PER_TENGE):,.0f}".replace("-", "−")
            for name, gain in gains.items()
        },
        **{
            f"taken_{name}": f"{float(share):.0%}".replace("%", " %")
            for name, share in taken.items()
        },
    }


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]], *, numbers_from: int) -> str:
    """Return a Markdown table whose columns from `numbers_from` on are set to the right."""
    rule = ["---" if place < numbers_from else "---:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, tuple(rule), *rows))


def effects_table(names: tuple[str, ...]) -> str:
    """Return metrics of the three arms with the effects of evidence and of marking."""
    runs = stored()["runs"]

    def rows() -> Iterator[tuple[str, ...]]:
        for name in names:
            metric = METRICS_BY_NAME[name]
            values = [runs[arm]["metrics"][name] for arm in ARMS]
            title = metric.title if metric.unit in {"share", "days"} else named(metric)
            texts = (text_of(metric, value) for value in values)
            yield (title, f"`{name}`", *texts, change(name, *values[:2]), change(name, *values[1:]))

    arms = ("head-count", "digital proof", "proof + marking")
    head = ("", "metric", *arms, "*evidence*", "*marking*")
    return table(head, rows(), numbers_from=2)


def named(metric: Any) -> str:  # noqa: ANN401 - a metric of the catalogue
    """Return the title of a metric with its unit where the title does not say it."""
    title = str(metric.title)
    return title if str(metric.unit) in title.lower() else f"{title}, {metric.unit}"


def change(name: str, before: float | None, after: float | None) -> str:
    """Return the difference between two arms with its sign; 0 is exactly no difference."""
    if before is None or after is None:
        return "–"
    if after == before:
        return "0"
    metric = METRICS_BY_NAME[name]
    text = text_of(metric, abs(after - before))
    sign = "+" if after > before else "−"
    return f"{sign}{text.replace(' %', ' points') if metric.unit == 'share' else text}"


def fallback_table() -> str:
    """Return what the share of failed scans entered by hand does to both kinds of error."""
    runs = stored()["runs"]

    def rows() -> Iterator[tuple[str, ...]]:
        for label, quoted in FALLBACKS:
            run = runs[quoted]
            metrics, counts = run["metrics"], run["counts"]
            yield (
                label,
                f"{counts['phantom_tried']:,}",
                f"{metrics['phantom_meals']:,.0f}",
                f"{metrics['honest_refused']:,.0f}",
                f"{counts['honest_refused_by_the_register']:,}",
                f"{counts['honest_refused_without_proof']:,}",
            )

    head = (
        "`manual_fallback`",
        "phantom meals tried",
        "phantom meals paid",
        "honest meals refused",
        "… not on the register",
        "… no proof",
    )
    return table(head, rows(), numbers_from=1)


def run_table() -> str:
    """Return the runs that are quoted, with the commands that make them."""
    runs = stored()["runs"]
    rows = (
        (f"`{run['command']}`", f"`{run['run']}`", f"{run['payments']:,}", f"{run['rows']:,}")
        for run in runs.values()
    )
    return table(("command", "run", "payments", "rows of log"), rows, numbers_from=2)


def sourced_table() -> str:
    """Return the figures that have a published source."""
    chosen = (one for one in parameters() if not one.source.startswith("assumption"))
    return _parameter_table(chosen)


def assumption_table() -> str:
    """Return the figures that nobody has published, with their ranges."""
    chosen = (one for one in parameters() if one.source.startswith("assumption"))
    return _parameter_table(chosen)


def rule_table() -> str:
    """Return every rule, effect and procedure in its own words, with its reference."""

    def rows() -> Iterator[tuple[str, ...]]:
        books = QUOTED["marked"].load().rule_books
        for name, book in books.items():
            for part in (*book.rules, *book.effects, *book.procedures):
                yield (f"`{name}`", f"`{part.id}`", part.text.en, _linked(part.reference))

    return table(("rule book", "rule", "in words", "reference"), rows(), numbers_from=4)


def parameters() -> list[Parameter]:
    """Return every value with a source, shared ones first, then those of single arms."""
    found: dict[Parameter, list[str]] = {}
    for arm in ARMS:
        sections = QUOTED[arm].load().model_dump(mode="json", by_alias=True)
        for one in _sourced(sections, ""):
            found.setdefault(one, []).append(arm)
    return [
        one if len(arms) == len(ARMS) else one._replace(path=f"{one.path} ({', '.join(arms)})")
        for one, arms in found.items()
    ]


def _parameter_table(chosen: Iterator[Parameter]) -> str:
    rows = (
        (
            f"`{path}`{f' ({arms}' if arms else ''}",
            one.value,
            f"{one.low} – {one.high}" if one.low else "",
            _linked(one.source) + (f". {one.note}" if one.note else ""),
        )
        for one in chosen
        for path, _, arms in [one.path.partition(" (")]
    )
    return table(("parameter", "value", "low – high", "source"), rows, numbers_from=4)


def _sourced(content: Mapping[str, Any], path: str) -> Iterator[Parameter]:
    for key, value in content.items():
        place = f"{path}.{key}" if path else key
        if isinstance(value, list):
            for number, entry in enumerate(value, start=1):
                if isinstance(entry, dict):
                    yield from _entry(entry, f"{place}[{number}]")
        elif isinstance(value, dict):
            yield from _entry(value, place)
        elif key == "schedule_source":
            yield _schedule(content, path, value)


def _entry(entry: Mapping[str, Any], place: str) -> Iterator[Parameter]:
    if "source" not in entry:
        yield from _sourced(entry, place)
        return
    unit = place.rpartition(".")[2]
    known = {"value", "low", "high", "source", "note"}
    if "value" in entry:
        value, low, high = (_readable(entry.get(key), unit) for key in ("value", "low", "high"))
    else:
        said = (f"{key} {value}" for key, value in entry.items() if key not in known)
        value, low, high = ", ".join(said), "", ""
    note = entry.get("note") or ""
    yield Parameter(place, value, low, high, entry["source"], note.rstrip("."))


def _schedule(content: Mapping[str, Any], path: str, source: str) -> Parameter:
    times = ", ".join(f"{key} {value}" for key, value in content.items() if key.endswith("_at"))
    return Parameter(f"{path}.*_at", times, "", "", source, "")


def _readable(value: object, unit: str) -> str:
    """Return a value the way people write it: per cent for basis points, grouped digits."""
    if value is None:
        return ""
    text = str(value)
    if text.endswith(" bp"):
        return f"{(Decimal(text.removesuffix(' bp')) / 100).normalize():f} %"
    number, _, written = text.partition(" ")
    if number.isdigit() and (written or unit in _UNITS):
        return f"{int(number):,} {written or _UNITS[unit]}"
    return text


def _linked(source: str) -> str:
    """Return a source as a link that names its site, with the remark behind the address."""
    if not source.startswith("http"):
        return source
    address, _, remark = source.partition(" ")
    site = address.split("/")[2].removeprefix("www.")
    return f"[{site}]({address})" + (f", {remark}" if remark else "")


def country_table(*, is_input: bool) -> str:
    """Return published figures of the country with what the model has, and by how much it errs."""
    head = ("figure", "source", "published", "model", "miss")
    return table(head, country_rows(is_input=is_input), numbers_from=2)


def household_table(kind: str) -> str:
    """Return figures of the month of households with what the run has of them."""
    is_input = kind == "inputs"
    last = "standard errors" if is_input else "miss"
    head = ("figure", "unit", "stated" if is_input else "published", "run", last)
    return table(head, _household_rows(kind, is_input=is_input), numbers_from=2)


def _household_rows(kind: str, *, is_input: bool) -> Iterator[tuple[str, ...]]:
    for one in stored()["household_month"][kind]:
        miss, name = one["simulated"] - one["stated"], one["name"]
        told = f"{100 * miss / one['stated']:+.0f} %"
        if is_input:
            told = f"{miss / one['standard_error']:+.1f}"
        if one["source"].startswith("http"):
            name = f"[{name}]({one['source'].split()[0]})"
        values = (_short(one["stated"]), _short(one["simulated"]), told.replace("-", "−"))
        yield (name, one["unit"], *values)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= THOUSAND else f"{value:.4g}"


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "household_inputs": lambda: household_table("inputs"),
    "household_left_out": lambda: household_table("left_out"),
    "study": lambda: effects_table(STUDY),
    "lesson": lambda: effects_table(LESSON),
    "fallback": fallback_table,
    "runs": run_table,
    "sourced": sourced_table,
    "assumptions": assumption_table,
    "rules": rule_table,
    "country_inputs": lambda: country_table(is_input=True),
    "country_left_out": lambda: country_table(is_input=False),
}


def main() -> None:
    """Write every page that has made parts."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        text = path.read_text(encoding="utf-8")
        if made(text) != text:
            path.write_text(made(text), encoding="utf-8")


if __name__ == "__main__":
    main()
