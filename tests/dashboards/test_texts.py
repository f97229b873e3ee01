"""Every word that is seen comes from the catalogue, and the catalogue has no word too many."""

import ast
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboards import app as dash_app
from dashboards.comparison import VERDICTS
from dashboards.components.apart import STEPS as STEPS_APART
from dashboards.components.changes import COLUMNS as CHANGE_COLUMNS
from dashboards.components.changes import OUTCOMES as ENDINGS
from dashboards.components.contract_head import COLUMNS as AT_END
from dashboards.components.contract_life import FACTS, STAGE_COLUMNS
from dashboards.components.contracts import LIST_COLUMNS
from dashboards.components.counts import DIFFERENCES, KEY_FIGURES
from dashboards.components.dock import SPEEDS
from dashboards.components.flags import JUDGED_COLUMNS
from dashboards.components.flows import BARS, TOTALS
from dashboards.components.grid import _COLUMNS, _GRID_TEXTS
from dashboards.components.holdings import AREAS, COUNTED
from dashboards.components.lesson import CHOICES, STEPS
from dashboards.components.money_tree import TREE_COLUMNS
from dashboards.components.outcomes import COLUMNS as OUTCOME_COLUMNS
from dashboards.components.outcomes import SIDES
from dashboards.components.tiers import TIER_COLUMNS, TIER_FILLS
from dashboards.html import markup
from dashboards.jobs import Arm, ArmProgress, Snapshot
from dashboards.pages.overview import overview
from dashboards.pages.waiting import waiting_page
from dashboards.story_view import story_view
from dashboards.study import EFFECTS, Study
from dashboards.texts import Texts, languages, texts
from tengesim.codes import Kind, Reason, Status, TrueLabel
from tengesim.metrics.metric import GROUPS
from tengesim.report.course import LANES
from tengesim.report.economy_figures import ENDING_FILLS, FORM_FILLS
from tengesim.report.figures import MEAL_FILLS, STOCK_FILLS
from tengesim.report.programmes import ORDERS, STATES
from tengesim.report.reserve import MANDATE_RULES, MARKED
from tengesim.scenario.shipped import shipped_names

DASHBOARDS = Path(dash_app.__file__).parent


def families() -> Iterator[str]:
    """Yield the keys that code puts together from a name and a member of a closed list."""
    yield from (f"kind.{kind.name.lower()}" for kind in Kind)
    yield from (f"status.{status.name.lower()}" for status in Status)
    yield from (f"label.{label.name.lower()}" for label in TrueLabel)
    for reason in Reason:
        if reason:
            yield f"reason.{reason.name.lower()}"
            yield f"reason.{reason.name.lower()}.why"
    for effect in {*EFFECTS.values(), "step"}:
        yield from (f"effect.{effect}.title", f"effect.{effect}.lead")
    for step in STEPS:
        yield from (f"lesson.{step}.title", f"lesson.{step}.text")
    for field, options in CHOICES.items():
        yield from (f"lesson.{field}.field", *(f"lesson.{field}.{one}" for one in options))
    for field in ("evidence", "harm"):
        yield from (f"lesson.{field}.field", f"lesson.{field}.unit")
    yield from (f"lesson.reveal.{field}" for field in ("evidence", "marking", "harm", "gains"))
    for name, *_ in KEY_FIGURES:
        yield from (f"figure.{name}.title", f"figure.{name}.lead")
    measures = {"phantom", "blocked", "meals", "money", "refusals", "study"}
    measures |= {"intervals", "changes"}
    measures |= {name for name, *_ in KEY_FIGURES}
    parts = ("definition", "formula", "unit", "source")
    yield from (f"measure.{name}.{part}" for name in measures for part in parts)
    yield from (f"explain.{part}" for part in parts)
    for name, *_ in DIFFERENCES:
        yield from (f"difference.{name}", f"difference.{name}.unit")
    for name in ("phantom", "blocked"):
        yield from (f"errors.{name}.title", f"errors.{name}.lead")
    sections = (
        "changes",
        "difference",
        "errors",
        "figures",
        "influence",
        "levers",
        "meals",
        "measures",
        "money",
        "outcomes",
        "payments",
        "refusals",
        "repeat",
        "sources",
        "unfinished",
    )
    yield from (f"{name}.{part}" for name in sections for part in ("title", "lead"))
    yield from (f"meals.{name}" for name in (*MEAL_FILLS, "returned"))
    yield from (f"stock.{name}" for name in STOCK_FILLS)
    yield from (f"group.{group}" for group in GROUPS)
    yield from (f"direction.{way}" for way in ("up", "down", "neither"))
    yield from (
        f"refusals.{form}{kind}" for form in ("", "legend.") for kind in ("honest", "undue")
    )
    yield from (f"chart.summary.{name}" for name in ("meals", "money"))
    filters = ("day", "arm", "status", "reason", "place", "label")
    yield from (f"filter.{name}{end}" for name in filters for end in ("", ".all"))
    yield from (f"column.{name}" for name, _ in _COLUMNS)
    yield from (f"grid.{name}" for name in _GRID_TEXTS)
    yield from (f"speed.{hours}" for hours in SPEEDS)
    yield from (f"weekday.{day}" for day in range(7))
    yield from (f"month.{month}" for month in range(1, 13))
    yield from (f"event.{kind}" for kind in ("issue", "shed", "claim", "return"))
    yield from (f"badge.{kind}{end}" for kind in ("truth", "observed") for end in ("", ".why"))
    yield from (f"tab.{view}" for view in ("chart", "table"))
    yield from (f"parameters.{name}" for name in ("path", "value", "range", "source"))
    yield from (f"runs.{name}" for name in ("arm", "run", "seed", "digest"))
    yield from (f"at_end.{name}" for name in ("phantom", "blocked", "waiting"))
    yield from (f"waiting.state.{state}" for state in ("waiting", "done", "failed"))
    yield from (f"story.rule.{outcome}" for outcome in ("pass", "fail"))
    yield from (f"http.{code}" for code in (400, 403, 404, 413, 500, "other"))
    yield from (f"date.{form}" for form in ("long", "short", "plain", "weekday"))
    yield from ("study.school_meals", "standing.same")
    for clause in ("evidence", "blocked", "marking", "waiting"):
        yield from (f"headline.{clause}.{way}" for way in ("less", "more", "same"))
    for arm in ("headcount", "social_wallet", "marked"):
        yield from (f"arm.{arm}.short", f"arm.{arm}.lead")


def of_comparisons() -> Iterator[str]:
    """Yield the same for the page of comparisons."""
    yield from (f"verdict.{verdict}{end}" for verdict in VERDICTS for end in ("", ".lead"))
    yield from (f"side.{side}" for side in SIDES)
    yield from ("apart.title", "apart.lead", *(f"apart.{step}" for step in STEPS_APART.values()))
    yield from (f"method.{method}" for method in ("exact", "t", "bootstrap"))
    yield from (f"outcome.{outcome}" for outcome in ENDINGS)
    yield from (f"outcomes.column.{name}" for name in OUTCOME_COLUMNS)
    yield from (f"changes.column.{name}" for name in CHANGE_COLUMNS)
    for kind in ("chance", "assumptions"):
        yield from (f"outcomes.spoken.{kind}", f"outcomes.legend.{kind}")
    yield from ("outcomes.legend.difference", "outcomes.legend.zero")
    yield from (f"compare.{form}.{letter}" for form in ("arm", "role") for letter in "ab")
    yield from (f"levers.{name}" for name in ("path", "a", "b"))
    yield from (f"assumptions.{name}" for name in ("path", "low", "value", "high", "source"))
    yield from (f"unfinished.{name}" for name in ("arm", "draw", "seed", "message", "command"))
    yield from ("intervals.assumptions.text", "intervals.assumptions.without")
    yield from ("page.overview", "page.compare")


def of_economies() -> Iterator[str]:
    """Yield the same for the page of an economy."""
    names = [name for name, *_ in TOTALS]
    yield from (f"economy.{name}.{part}" for name in names for part in ("title", "lead"))
    measures = [f"economy_{name}" for name in (*names, *BARS, "level", "arrears")]
    parts = ("definition", "formula", "unit", "source")
    yield from (f"measure.{name}.{part}" for name in measures for part in parts)
    for name in BARS:
        yield from (f"economy.{name}.card", f"economy.{name}.card_lead", f"chart.summary.{name}")
    yield from (f"{kind}.{name}" for kind, names in FILLS.items() for name in names)
    yield from (f"economy.refusals.{kind}" for kind in ("honest", "undue"))
    yield from (
        f"economy.at_end.{name}" for name in ("paid", "refused", "unmet", "digital", "arrears")
    )
    yield from ("economy.same", "economy.arrears.lead", "economy.level.lead")
    yield from (f"event.{kind}" for kind in ("wage", "benefit", "outage"))
    yield from ("column.purpose", "filter.kind", "filter.kind.all")
    for name in ("totals", "flow", "ending", "stock", "arrears"):
        yield from (f"{name}.title", f"{name}.lead")
    yield from (f"dock.{name}" for name in DOCK_DAYS)
    # Arms of shipped scenarios may have a short name; no other key of theirs is asked for.
    yield from (key for key in texts("en").table() if is_short_name(key))


def of_reserves() -> Iterator[str]:
    """Yield the same for the page of a reserve."""
    yield from (f"reserve.{name}.{part}" for name in COUNTED for part in ("title", "lead"))
    parts = ("definition", "formula", "unit", "source")
    names = (*COUNTED, "fan", *AREAS)
    yield from (f"measure.reserve_{name}.{part}" for name in names for part in parts)
    for name in ("fan", *AREAS):
        yield from (f"{name}.card", f"{name}.card_lead", f"chart.summary.{name}")
    yield from (f"{kind}.{name}" for fills, kind in AREAS.values() for name in fills)
    for name in ("reserve", "fan", *AREAS, "mandate"):
        yield from (f"{name}.title", f"{name}.lead")
    ends = (f"{half}_{end}" for half in ("inner", "outer") for end in ("low", "high"))
    yield from (f"fan.{name}" for name in ("run", "median", *ends))
    yield from (f"fan.legend.{name}" for name in ("run", "median", "inner", "outer"))
    yield from (f"mandate.{rule}" for rule in MANDATE_RULES)
    yield from (f"event.{kind}" for kind in MARKED)
    yield from (f"ages.{part}" for part in ("cases", "worth"))
    outcomes = ("forfeiture", "compensation", "asset_return")
    yield from (f"cohorts.{part}" for part in ("cases", "arrested", *outcomes, "open"))
    yield "reserve.same"


def of_programmes() -> Iterator[str]:
    """Yield the same for the pages of public contracts."""
    yield from ("page.programmes", "page.follow", "programmes.previous", "programmes.next")
    yield from (f"state.{state}" for state in STATES)
    yield from (f"order.{order}" for order in ORDERS)
    yield from (f"contracts.at_end.{name}" for name in AT_END)
    yield from (f"lane.{lane}" for lane in LANES)
    pages = (
        *("contracts", "tiers", "flags", "course", "tree", "funding", "steps"),
        *("uses", "ways", "back"),
    )
    yield from (f"{name}.{part}" for name in pages for part in ("title", "lead"))
    parts = ("definition", "formula", "unit", "source")
    yield from (
        f"measure.{name}.{part}" for name in ("tiers", "tree", "course", "way") for part in parts
    )
    yield from (f"course.legend.{name}" for name in ("document", "control", "money", "refused"))
    yield from (f"tiers.legend.{name}" for name in TIER_FILLS)
    yield from ("tree.line", "tree.buyer")
    for prefix, names in PROGRAMME_COLUMNS.items():
        yield from (f"{prefix}.{name}" for name in names)


PROGRAMME_COLUMNS = {
    "programmes.column": (*LIST_COLUMNS, *FACTS),
    "programmes.tier": TIER_COLUMNS,
    "judged": JUDGED_COLUMNS,
    "course.stage": STAGE_COLUMNS,
    "flags": ("contract", "count", "which"),
    "contract.step": ("day", "kind", "payer", "payee", "amount", "status", "why", "back"),
    "tree": TREE_COLUMNS,
    "follow.use": ("payee", "kind", "amount", "share"),
    "follow.step": ("step", "kind", "moved", "rested"),
    "follow.back": ("step", "day", "kind", "payer", "payee", "amount", "mark", "line"),
}


def is_short_name(key: str) -> bool:
    """Return whether a key names an arm by a shipped scenario."""
    parts = key.split(".")
    return len(parts) == 3 and parts[::2] == ["arm", "short"] and parts[1] in shipped_names()


FILLS = {"form": FORM_FILLS, "ending": ENDING_FILLS}
DOCK_DAYS = ("school_day", "working_day", "day_off", "no_school", "holiday")


def keys_in_python() -> set[str]:
    """Return the whole keys that Python code asks for."""
    found = set()
    for path in DASHBOARDS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.id if isinstance(node.func, ast.Name) else ""
                choices = node.args[0]
                if name != "t" or isinstance(choices, ast.JoinedStr):
                    continue
                for each in ast.walk(choices):
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        found.add(each.value)
    return found


def keys_in_scripts() -> set[str]:
    """Return the whole keys that scripts ask for."""
    found = set()
    for path in (DASHBOARDS / "assets").glob("*.js"):
        found |= set(re.findall(r'page\.t\(\s*"([^"]+)"\s*[,)]', path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("language", languages())
def test_no_key_is_missing_and_none_is_unused(language: str) -> None:
    """Goal: one catalogue, complete. Method: keys in code and closed lists against the file."""
    known = set(texts(language).table())
    asked = keys_in_python() | keys_in_scripts() | set(families())
    asked |= set(of_comparisons()) | set(of_economies()) | set(of_reserves()) | set(of_programmes())
    # A choice between keys leaves what it depends on, and the head of one put together.
    asked = {key for key in asked if ("." in key or key == "skip") and not key.endswith(".")}
    assert asked - known == set()
    assert known - asked == set()


@pytest.mark.parametrize("language", languages())
def test_no_text_is_empty_and_places_are_the_same_in_every_language(language: str) -> None:
    """Goal: translations say the same. Method: the places to fill in, against English."""
    english = texts("en").table()
    for key, text in texts(language).table().items():
        assert text.strip(), key
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key]))


def test_no_key_stands_twice_in_a_catalogue() -> None:
    """Goal: nothing is overruled silently. Method: read the file keeping every pair."""

    def unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), sorted({key for key in keys if keys.count(key) > 1})
        return dict(pairs)

    for path in (DASHBOARDS / "locales").glob("*.json"):
        json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)


class Visible(HTMLParser):
    """Collects what a reader sees or hears of a document."""

    SPOKEN = ("title", "aria-label", "placeholder", "alt", "data-label", "data-unit", "data-cover")

    def __init__(self) -> None:
        """Start with nothing seen."""
        super().__init__()
        self.seen: list[str] = []
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note spoken attributes."""
        self.names.append(tag)
        self.seen.extend(value for name, value in attrs if name in self.SPOKEN and value)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        while self.names and self.names.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Note text, except what is written in code."""
        if data.strip() and "code" not in self.names:
            self.seen.append(data)


def in_brackets() -> Texts:
    """Return a language in which every paragraph of the catalogue stands in brackets."""
    bracketed = {
        key: "\n".join(f"⟦{part}⟧" for part in text.split("\n"))
        for key, text in texts("en").table().items()
    }
    return Texts("en", bracketed)


def strange(document: str, from_the_study: set[str]) -> list[str]:
    """Return what is seen and is neither a catalogue text, nor a number, nor from the study."""
    reader = Visible()
    reader.feed(document)
    left = []
    for text in reader.seen:
        # Texts stand inside texts where one is a value in another; take them out from within.
        rest = text
        while "⟦" in rest:
            inner = re.sub(r"⟦[^⟦⟧]*⟧", "", rest)
            if inner == rest:
                break
            rest = inner
        if not re.search(r"[^\W\d_]", rest) or rest.strip() in from_the_study:
            continue
        left.append(text)
    return left


def study_words(study: Study) -> set[str]:
    """Return the words that the scenarios and the metrics bring along."""
    from tengesim.metrics.catalogue import METRICS

    words = {study.text.title, study.text.question, *(arm.label for arm in study.arms)}
    words |= {arm.digest for arm in study.arms}
    labels = {arm.id: arm.label for arm in study.arms}
    words |= {", ".join(labels[arm] for arm in row.arms) for row in study.text.parameters}
    for row in study.text.parameters:
        words |= {row.value, row.note, row.source, row.source.partition(" ")[2]}
    for metric in METRICS:
        words |= {metric.title, metric.question, metric.formula, metric.unit, metric.source}
        words |= set(metric.text.values())
    return {" ".join(word.split()) for word in words} | words | set(places_of(study))


def places_of(study: Study) -> list[str]:
    """Return the schools."""
    from dashboards.payments import places

    return places(study)


def test_no_visible_text_is_written_in_the_code(study: Study) -> None:
    """Goal: a language is added by a file. Method: a page in a language of bracketed texts."""
    document = markup(overview(study, in_brackets()))
    found = [
        text
        for text in strange(document, study_words(study))
        # A parameter's source is a link's host, its remark, and the address as title.
        if not text.startswith("http") and not re.fullmatch(r"[\w.-]+\.[a-z]{2,}", text.strip())
    ]
    remarks = {row.source.partition(" ")[2] for row in study.text.parameters}
    assert [text for text in found if text.strip() not in remarks] == []


def test_the_page_while_arms_run_speaks_the_catalogue_too() -> None:
    """Goal: the same for the first page. Method: every state of an arm."""
    states = [
        ArmProgress(Arm("a", "Label", "name"), "waiting"),
        ArmProgress(Arm("a", "Label", "name"), "running", 3, 42),
        ArmProgress(Arm("a", "Label", "name"), "failed", message="Said"),
        ArmProgress(Arm("a", "Label", "name"), "done"),
    ]
    document = markup(waiting_page(Snapshot(tuple(states), is_ready=False), in_brackets()))
    assert strange(document, {"Label", "Said"}) == []


def test_the_story_of_a_payment_frames_what_the_log_says_with_catalogue_texts(study: Study) -> None:
    """Goal: the same for the drawer. Method: headings and labels of one story."""
    intent = study.arms[2].log.query("SELECT intent FROM events WHERE status = 'refused' LIMIT 1")
    document = markup(story_view(study, 2, str(intent["intent"].iloc[0]), in_brackets()))
    reader = Visible()
    reader.feed(document)
    framed = [text for text in reader.seen if text.startswith("⟦")]
    assert len(framed) >= 10


def test_scripts_write_no_text_of_their_own() -> None:
    """Goal: the same for the browser. Method: text given to elements is a call, never a string."""
    given = re.compile(
        r"""(?:textContent|innerText|title|aria-label\w*"?,?)\s*=?\s*["'`]([A-Za-z][^"'`]*)"""
    )
    made = re.compile(r'element\("\w+", "[^"]*", "([^"]+)"')
    found = {}
    for path in sorted((DASHBOARDS / "assets").glob("*.js")):
        text = path.read_text(encoding="utf-8")
        hits = [*given.findall(text), *made.findall(text)]
        if hits:
            found[path.name] = hits
    assert found == {}
