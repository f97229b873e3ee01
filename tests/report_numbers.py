"""Reads a report as its reader does, and finds every number again in the files it names.

It shares no code with the writer of reports: numbers are read back from the text as printed and
compared with the file within half a unit of the last digit.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any, Final

import numpy as np
import pandas as pd

from tengesim.experiments.intervals import chance_interval, range_of_draws
from tengesim.metrics.catalogue import METRICS_BY_NAME, PAIRED_METRICS
from tengesim.report.parameters import parameters_of
from tengesim.scenario.model import Scenario
from tengesim.store.campaigns import StoredCampaign
from tengesim.store.read import StoredRun

__all__ = ["Files", "Page", "Piece", "numbers_in", "read_page"]

VOID: Final = frozenset({"br", "col", "hr", "meta", "link", "img", "input"})
MULTIPLES: Final = {"k": 1e3, "m": 1e6, "bn": 1e9}
_NUMBER: Final = re.compile(r"([+\u2212-]?)(\d[\d,]*)(?:\.(\d+))?(?:[\s\u00a0](bn|m|k)\b)?")


@dataclass(frozen=True, slots=True)
class Piece:
    """A text of the page with the attributes of the nearest element that names a file."""

    text: str
    source: str
    keys: Mapping[str, str]
    path: tuple[str, ...]


@dataclass(slots=True)
class Page:
    """What stands in a document."""

    pieces: list[Piece] = field(default_factory=list)
    """Texts within `main`, in order."""
    elements: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    style: str = ""

    def cited(self) -> list[Piece]:
        """Return the pieces that name a file, those of one element put together."""
        return [piece for piece in self.pieces if piece.source]

    def uncited_numbers(self) -> list[str]:
        """Return texts of `main` with a digit that name no file."""
        return [
            piece.text
            for piece in self.pieces
            if not piece.source and any(each.isdigit() for each in piece.text)
        ]

    def text(self) -> str:
        """Return everything that `main` says."""
        return " ".join(piece.text for piece in self.pieces)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        keys = {name: value or "" for name, value in attrs}
        self.page.elements.append((tag, keys))
        if tag not in VOID:
            self._open.append((tag, keys))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        if opened != tag:
            raise ValueError(f"</{tag}> closes <{opened}>")

    def handle_data(self, data: str) -> None:
        path = tuple(tag for tag, _ in self._open)
        if path and path[-1] == "style":
            self.page.style += data
            return
        if "main" not in path or not data.strip():
            return
        if path[-1] in {"h1", "h2"}:
            self.page.headings.append(data)
        citing = next((keys for _, keys in reversed(self._open) if "data-source" in keys), {})
        keys = {
            name.removeprefix("data-"): value
            for name, value in citing.items()
            if name.startswith("data-")
        }
        self.page.pieces.append(Piece(data, keys.pop("source", ""), keys, path))


def read_page(html: str) -> Page:
    """Return what stands in an HTML document; raise ValueError when elements are not closed."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if reader._open:
        raise ValueError(f"<{reader._open[-1][0]}> is never closed")
    return reader.page


def numbers_in(text: str) -> list[tuple[float, float]]:
    """Return the numbers in a text, each with half a unit of its last digit.

    A multiple or a percent sign counts for every number before it that has none of its own.
    """
    found = []
    is_share = "%" in text or "pp" in text
    for sign, whole, part, multiple in _NUMBER.findall(text):
        worth = MULTIPLES.get(multiple, 1.0)
        value = float(f"{whole.replace(',', '')}.{part or 0}") * worth
        half = 0.5 * 10.0 ** -len(part) * worth
        if is_share:
            value, half = value / 100, half / 100
        found.append((-value if sign in {"\u2212", "-"} else value, half))
    return found


def is_shown(text: str, values: Sequence[float]) -> bool:
    """Return whether the numbers in a text are `values`, as precisely as they are written."""
    found = numbers_in(text)
    if len(found) == 1 and len(values) == 2 and values[0] == values[1]:
        values = values[:1]
    return len(found) == len(values) and all(
        abs(shown - value) <= half * 1.000001 + abs(value) * 1e-12
        for (shown, half), value in zip(found, values, strict=True)
    )


@dataclass(frozen=True)
class Files:
    """The files of a campaign or of a run, and whether a piece of a report agrees with them."""

    scenarios: Mapping[str, Scenario]
    runs: Mapping[str, StoredRun]
    campaign: StoredCampaign | None = None

    def disagreements(self, page: Page) -> list[str]:
        """Return the pieces that do not say what their file says."""
        return [
            f"{piece.text!r} {piece.source} {dict(piece.keys)}"
            for piece in page.cited()
            if not self.agrees(piece)
        ]

    def agrees(self, piece: Piece) -> bool:
        """Return whether a piece says what its file says."""
        name = piece.source.partition(".")[0]
        check = getattr(self, f"_{name}")
        return bool(check(piece.text.strip(), piece.keys))

    # Each of the following is the check of one file.

    def _summary(self, text: str, keys: Mapping[str, str]) -> bool:
        assert self.campaign is not None
        row = _one(self.campaign.summary, variant=keys["variant"], metric=keys["metric"])
        if keys["column"] == "words":
            return text == str(row["words"])
        return is_shown(text, [float(row[column]) for column in keys["column"].split()])

    def _metrics(self, text: str, keys: Mapping[str, str]) -> bool:
        (run,) = self.runs.values()
        row = _one(run.metrics, metric=keys["metric"])
        if keys["column"] == "why":
            return text == str(row["why"])
        return is_shown(text, [float(row["value"])])

    def _pairs(self, text: str, keys: Mapping[str, str]) -> bool:
        assert self.campaign is not None
        pairs = self.campaign.pairs
        if "step" not in keys:
            return self._ends(text, keys)
        steps = pairs[pairs["metric"] == keys["metric"]]
        ways = dict(iter(steps.groupby("variant")))
        between = next(name for name in ways if name != keys["variant"])
        index = ["kind", "draw", "seed"]
        near = ways[between].set_index(index)
        far = ways[keys["variant"]].set_index(index)
        values = (
            near["difference"]
            if keys["step"] == "evidence"
            else (far["value"] - near["value"]).dropna()
        )
        chance = values.xs("chance").tolist()
        if keys["column"] == "difference":
            return is_shown(text, [float(np.mean(chance))])
        if keys["column"].startswith("chance"):
            interval = chance_interval(chance)
            assert interval.low is not None
            assert interval.high is not None
            return is_shown(text, [interval.low, interval.high])
        ends = range_of_draws(values.xs("assumption").tolist())
        assert ends is not None
        return is_shown(text, list(ends))

    def _ends(self, text: str, keys: Mapping[str, str]) -> bool:
        assert self.campaign is not None
        manifest = self.campaign.manifest
        is_base = keys["arm"] == manifest.base
        variant = manifest.variants[0] if is_base else keys["arm"]
        pairs = self.campaign.pairs
        chosen = pairs[
            (pairs["variant"] == variant)
            & (pairs["metric"] == "paid_amount")
            & (pairs["kind"] == "assumption")
        ]
        amount = "base" if is_base else "value"
        values = chosen["difference" if keys["what"] == "difference" else amount]
        ends = range_of_draws(values.tolist())
        assert ends is not None
        end = ends[0 if keys["end"] == "low" else 1]
        whole = end / 1e9 / float(self.scenarios[keys["arm"]].population.scale)
        return is_shown(text, [whole if keys.get("level") != "republican" else 0.0])

    def _changes(self, text: str, keys: Mapping[str, str]) -> bool:
        assert self.campaign is not None
        rows = self.campaign.changes.loc[[int(row) for row in keys["rows"].split()]]
        total = int(rows[keys["column"]].sum())
        return is_shown(text, [total / 100 if keys["column"] == "amount_tiyn" else total])

    def _examples(self, text: str, keys: Mapping[str, str]) -> bool:
        assert self.campaign is not None
        value = self.campaign.examples.loc[int(keys["row"]), keys["column"]]
        if keys["column"] == "time_us":
            # Kazakhstan is five hours ahead of UTC.
            local = datetime.fromisoformat(f"{text}+05:00").timestamp()
            return abs(local - int(str(value)) / 1e6) < 60
        if keys["column"].startswith("amount"):
            return is_shown(text, [int(str(value)) / 100])
        return text == str(value)

    def _campaign(self, text: str, keys: Mapping[str, str]) -> bool:
        assert self.campaign is not None
        manifest = self.campaign.manifest
        if "run_of" in keys or "run-of" in keys or "arm" in keys:
            return text in {entry.run for entry in manifest.arms.values()}
        key = keys["key"]
        titles = [entry.title for entry in manifest.arms.values()]
        match key:
            case "notes":
                return text in manifest.notes
            case "title" | "way":
                return any(title in text for title in titles)
            case "files":
                return text.split() == [f"scenario-{n}.yaml" for n in range(len(titles))]
            case "precision_bp":
                return is_shown(text, [(manifest.precision_bp or 0) / 10_000])
            case "ensemble_digest":
                return manifest.ensemble_digest.startswith(text)
        value = _found(manifest.model_dump(mode="python"), key)
        if isinstance(value, float):
            return is_shown(text, [value])
        if key.endswith(".message"):
            return str(value) in text
        if key.endswith(".source"):
            return text in str(value)
        return text.replace(",", "") == str(value).replace(",", "")

    def _scenario(self, text: str, keys: Mapping[str, str]) -> bool:
        if "row" in keys:
            row = parameters_of(list(self.scenarios.items()))[int(keys["row"])]
            return text in str(getattr(row, keys["column"]))
        if "count" in keys:
            start = {"sourced": "http", "assumed": "assumption"}[keys["count"]]
            rows = parameters_of(list(self.scenarios.items()))
            return is_shown(text, [sum(row.source.startswith(start) for row in rows)])
        if "rule" in keys:
            books = next(iter(self.scenarios.values())).rule_books.values()
            texts = [rule.text.en for book in books for rule in book.rules]
            return text in texts
        scenario = self.scenarios[keys["arm"]]
        match keys["path"]:
            case "population.scale":
                return is_shown(text, [float(scenario.population.scale)])
            case "clock.start":
                return _day(text) == scenario.clock.start
            case "clock.end":
                return _day(text) + timedelta(days=1) == scenario.clock.end
        return text == str(getattr(scenario, keys["path"]))

    def _catalogue(self, text: str, keys: Mapping[str, str]) -> bool:
        known = {**METRICS_BY_NAME, **{metric.name: metric for metric in PAIRED_METRICS}}
        return text == str(getattr(known[keys["metric"]], keys["field"]))

    def _events(self, text: str, keys: Mapping[str, str]) -> bool:
        (run,) = self.runs.values()
        wants = run.events("kind IN ('payment', 'delivery')")
        accepted = wants.loc[wants["status"].isin(["settled", "recorded"]), "intent"]
        refused = wants[~wants["intent"].isin(set(accepted))].sort_values("seq")
        last = refused.drop_duplicates("intent", keep="last")
        for column in ("rule", "reason", "true_label"):
            last = last[last[column].astype(str) == keys[column.replace("_", "-")]]
        total = len(last) if keys["column"] == "count" else int(last["amount_tiyn"].sum()) / 100
        return is_shown(text, [total])

    def _cube(self, text: str, keys: Mapping[str, str]) -> bool:
        if "what" not in keys:
            return text == keys["year"]
        amount = self._spent(keys["arm"], keys)
        if keys["what"] == "difference":
            assert self.campaign is not None
            amount -= self._spent(self.campaign.manifest.base, keys)
        return is_shown(text, [amount])

    def _spent(self, arm: str, keys: Mapping[str, str]) -> float:
        """Return billion KZT at full scale, from the metric: there is one year and one region."""
        scenario = self.scenarios[arm]
        row = _one(self.runs[arm].metrics, metric="paid_amount")
        (programme,) = scenario.programmes.values()
        if keys.get("level") not in {None, programme.budget_level}:
            return 0.0
        if keys.get("region") not in {None, scenario.region}:
            return 0.0
        return float(row["value"]) / 1e9 / float(scenario.population.scale)

    def _manifest(self, text: str, keys: Mapping[str, str]) -> bool:
        (run,) = self.runs.values()
        if "arm" in keys:
            return text == run.path.name
        value = str(getattr(run.manifest, keys["key"]))
        return value.startswith(text.replace(",", ""))

    def _regions(self, text: str, keys: Mapping[str, str]) -> bool:
        return text == keys["region"]

    def _program(self, text: str, keys: Mapping[str, str]) -> bool:
        return re.fullmatch(r"tengesim \d{4}\.\d+\.\d+", text) is not None

    def _method(self, text: str, keys: Mapping[str, str]) -> bool:
        return is_shown(text, [0.95])

    def _axis(self, text: str, keys: Mapping[str, str]) -> bool:
        top, _, bottom = keys["value"].partition("/")
        return is_shown(text, [int(top) / int(bottom or 1)])


def _day(text: str) -> date:
    return datetime.strptime(f"{text} +0500", "%d %B %Y %z").date()


def _one(frame: pd.DataFrame, **keys: str) -> Mapping[str, Any]:
    chosen = frame
    for column, value in keys.items():
        chosen = chosen[chosen[column] == value]
    (row,) = chosen.to_dict("records")
    return {str(key): value for key, value in row.items()}


def _found(content: Any, key: str) -> object:  # noqa: ANN401 - any part of a manifest
    """Return what a dotted key leads to; names in the manifest may hold dots themselves."""
    if not key:
        found: object = content
        return found
    for name, rest in _heads(key):
        if isinstance(content, Mapping) and name in content:
            return _found(content[name], rest)
        if isinstance(content, list | tuple) and name.isdigit():
            return _found(content[int(name)], rest)
    raise KeyError(key)


def _heads(key: str) -> Iterator[tuple[str, str]]:
    parts = key.split(".")
    for count in range(1, len(parts) + 1):
        yield ".".join(parts[:count]), ".".join(parts[count:])
