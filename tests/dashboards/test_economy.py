"""The page of an economy counts what the log says, for any world, and breaks on none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import pytest
from flask.testing import FlaskClient

from dashboards.app import create_app
from dashboards.build import build_shown
from dashboards.components.flows import BARS, economy_figures
from dashboards.economy import Economy, make_economy
from dashboards.html import markup
from dashboards.numbers import large_tenge_text
from dashboards.pages.economy import economy_page
from dashboards.payments import choice_of, kinds, page_of
from dashboards.shown import FinishedArm
from dashboards.study import Study
from dashboards.texts import Texts
from tengesim.engine.run import Run, simulate
from tengesim.report.economy import BIN_DAY_US, FORMS, bands_of, steps_a_day
from tengesim.report.playback import Clock
from tengesim.scenario.load import load_scenario
from tengesim.store.write import write_run
from tests.dashboards.test_html import HOSTILE
from tests.dashboards.test_texts import in_brackets, strange
from tests.studies import Ready

WANTS = ("payment", "offline_payment", "unmet", "delivery", "budget_payment")


@dataclass(frozen=True)
class Shown:
    """An economy and the run it was made of."""

    economy: Economy
    run: Run


def shown(folder: Any, name: str, *settings: str) -> Shown:  # noqa: ANN401 - a folder of pytest
    """Run a shipped scenario, store it, and make what its page shows."""
    run = simulate(load_scenario(name, settings=list(settings)))
    stored = write_run(run, folder, engine_name="reference")
    made = build_shown([FinishedArm(name, f"Label of {name}", stored)])
    assert isinstance(made, Economy)
    return Shown(made, run)


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Return a month of some eighty people in which the platform fails for a day."""
    folder = tmp_path_factory.mktemp("outage")
    made = shown(folder, "outage_payday", "population.scale=0.000004")
    yield made
    made.economy.close()


@pytest.fixture(scope="module")
def budget(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Return two months of a budget."""
    made = shown(tmp_path_factory.mktemp("budget"), "budget_year", "clock.end=2026-03-01")
    yield made
    made.economy.close()


@pytest.fixture(params=["outage", "budget"])
def either(request: pytest.FixtureRequest) -> Shown:
    """Return each of the two worlds."""
    found: Shown = request.getfixturevalue(request.param)
    return found


def last_attempts(run: Run) -> pd.DataFrame:
    """Return one row for every wish to pay: the first row of its last attempt."""
    events = run.events
    wanted = events[events["kind"].astype(str).isin(WANTS)].sort_values("seq")
    best = wanted.groupby("intent", observed=True)["attempt"].transform("max")
    return wanted[wanted["attempt"] == best].drop_duplicates("intent", keep="first")


def day_of(row: Any, clock: Clock) -> str:  # noqa: ANN401 - a row of a frame
    """Return the local date of a row."""
    return clock.day((int(row.time_us) - clock.start_us) // BIN_DAY_US).isoformat()


def test_payments_a_day_are_those_of_the_log(either: Shown) -> None:
    """Goal: bars are true. Method: count again in plain Python, wish by wish."""
    clock = either.economy.clock
    counted: dict[tuple[str, str], int] = {}
    ended = {"refused": 0, "unmet": 0}
    for row in last_attempts(either.run).itertuples():
        if str(row.kind) == "unmet":
            ended["unmet"] += 1
        elif str(row.status) == "refused":
            ended["refused"] += 1
        else:
            form = "offline" if str(row.kind) == "offline_payment" else str(row.form)
            key = (day_of(row, clock), form)
            counted[key] = counted.get(key, 0) + 1
    drawn = {
        (str(row["date"]), form): int(str(row[form]))
        for row in either.economy.payments.to_dict("records")
        for form in FORMS
        if row.get(form, 0) != 0
    }
    assert drawn == counted
    assert counted
    for name, expected in ended.items():
        frame = either.economy.endings
        assert (int(frame[name].sum()) if name in frame else 0) == expected


def test_income_on_the_page_is_the_metric(outage: Shown) -> None:
    """Goal: sums between banks are nobody's income. Method: the count against the metric."""
    credited = outage.economy.tables.credits["amount_tiyn"].sum()
    stated = outage.run.metrics.set_index("metric")["numerator"]["income_credited"]
    assert int(credited) == int(stated) > 0


def test_money_by_form_is_that_of_the_accounts(either: Shown) -> None:
    """Goal: levels are true. Method: add up the rows in plain Python, the issuer left out."""
    balances = dict.fromkeys(FORMS, 0)
    for row in either.run.events.itertuples():
        if str(row.status) not in {"settled", "posted"}:
            continue
        for holder, keeper, form, sign in (
            (row.payer, row.keeper, row.form, -1),
            (row.payee, row.keeper_to, row.form_to, 1),
        ):
            if str(holder) == str(keeper) or str(form) == "bank_reserve":
                continue
            is_purse = str(form) == "digital_tenge" and str(holder).startswith("purse-")
            balances["offline" if is_purse else str(form)] += sign * int(str(row.amount_tiyn))
    for form in either.economy.forms:
        level = either.economy.level(form)
        assert int(level["total"].iloc[-1]) == balances[form], form
    made = either.economy.prepared["arms"][0]["stocks"]
    for form, amount_tiyn in balances.items():
        assert sum(made.get(form, {"by": []})["by"]) == (amount_tiyn + 50) // 100, form


def test_what_is_due_and_unpaid_falls_when_it_is_paid(budget: Shown) -> None:
    """Goal: arrears are true. Method: intents late and never paid, from the rows."""
    events = budget.run.events
    late = events[events["kind"].astype(str) == "arrears"].drop_duplicates("intent")
    settled = events["status"].astype(str).isin(["settled", "posted"])
    paid = events[(events["kind"].astype(str) == "budget_payment") & settled]
    left = late[~late["intent"].astype(str).isin(set(paid["intent"].astype(str)))]
    assert len(late) > len(left)
    level = budget.economy.arrears()["total"]
    assert int(level.iloc[-1]) == int(left["amount_tiyn"].sum())
    assert level.min() >= 0
    assert level.max() > level.iloc[-1] or len(left) == len(late)


def test_an_outage_is_a_band_behind_every_chart(outage: Shown, t: Texts) -> None:
    """Goal: what happened while a system was down is seen. Method: shapes against the scenario."""
    (section,) = outage.run.scenario.outages
    (band,) = bands_of(outage.run.scenario)
    assert band.until_us - band.from_us == section.lasts.value.value
    for name, figure in economy_figures(outage.economy, t).items():
        (shape,) = figure.layout.shapes
        assert shape.x0.startswith(section.day.isoformat()), name
        assert shape.layer == "below"
    page = markup(economy_page(outage.economy, t))
    assert "the digital tenge platform down from" in page
    kinds_of_marks = {marker["kind"] for marker in outage.economy.prepared["markers"]}
    assert kinds_of_marks >= {"outage", "wage", "benefit"}


def test_every_chart_has_a_table_and_says_how_it_is_measured(either: Shown, t: Texts) -> None:
    """Goal: nothing is shown in one way only. Method: cards, panels, figures by name."""
    page = markup(economy_page(either.economy, t))
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    places = set(re.findall(r'data-figure="([^"]+)"', page))
    figures = set(economy_figures(either.economy, t))
    assert places <= figures
    assert {name for name in figures if not name.startswith("ending")} <= places
    for name in re.findall(r'id="([\w-]+)-card"', page):
        card = page[page.index(f'id="{name}-card"') :]
        card = card[: card.index("</article>")]
        assert 'class="explain"' in card
        if name != "refusals":
            assert card.count("<tr>") == either.economy.clock.days + 1, name


def test_the_table_of_a_level_ends_where_the_level_does(either: Shown, t: Texts) -> None:
    """Goal: table and chart agree. Method: last row of each form against the frame."""
    page = markup(economy_page(either.economy, t))
    for form in either.economy.forms:
        card = page[page.index(f'id="level-{form}-card"') :]
        values = re.findall(r'data-value="(-?\d+)"', card[: card.index("</article>")])
        level_tiyn = int(either.economy.level(form)["total"].iloc[-1])
        assert int(values[-1]) == (level_tiyn + 50) // 100


def test_arms_share_their_axes(outage: Shown, t: Texts) -> None:
    """Goal: heights compare. Method: the same run twice; ranges of every pair of figures."""
    economy = outage.economy
    two = make_economy(
        [replace(economy.arms[0], id=name, label=name) for name in ("one", "two")],
        economy.scenarios * 2,
        metrics=economy.metrics * 2,
        run_names=("one", "two"),
    )
    figures = economy_figures(two, t)
    for name in BARS:
        pair = [figures[f"{name}-plot-{number}"].layout.yaxis.range for number in (0, 1)]
        assert pair[0] == pair[1]
    for form in two.forms:
        assert len(figures[f"level-{form}-plot"].data) == 2
    assert markup(economy_page(two, t)).count("<h1>") == 1


class Silent:
    """A log in which nothing ever happened."""

    def __init__(self, log: Any) -> None:  # noqa: ANN401 - any log
        """Stand before a log and hide its rows."""
        self._log = log

    def query(self, sql: str, parameters: Any = (), /) -> pd.DataFrame:  # noqa: ANN401 - as a log
        """Answer as if the table of events had no rows."""
        nothing = "FROM (SELECT * FROM events WHERE false) AS events"
        found: pd.DataFrame = self._log.query(sql.replace("FROM events", nothing), parameters)
        return found

    def close(self) -> None:
        """Leave the log to its owner."""


def test_a_world_in_which_nothing_happens_has_a_page(outage: Shown, t: Texts) -> None:
    """Goal: no world breaks the page. Method: a log without rows, without metrics."""
    economy = outage.economy
    empty = make_economy(
        [replace(economy.arms[0], log=Silent(economy.arms[0].log))],
        economy.scenarios,
        metrics=[economy.metrics[0].iloc[:0]],
        run_names=("run",),
    )
    page = markup(economy_page(empty, t))
    assert "0 payments" in page
    assert 'id="refusals-card"' not in page
    assert economy_figures(empty, t)
    client: FlaskClient = create_app(Ready(empty)).server.test_client()
    for path in ("/", "/playback.json", "/figures/en.json"):
        assert client.get(path).status_code == 200


def test_a_study_of_meals_can_be_shown_as_an_economy_too(study: Study, t: Texts) -> None:
    """Goal: any world. Method: meals, whose log has neither wages nor wallets."""
    economy = make_economy(
        study.arms, study.scenarios, metrics=study.metrics, run_names=study.run_names
    )
    page = markup(economy_page(economy, t))
    delivered = sum(economy.prepared["arms"][0]["totals"]["paid"]["by"])
    assert f"{delivered:,} payments" in page
    assert 'id="arrears"' not in page


def test_payments_of_a_day_are_filtered_by_kind(outage: Shown, t: Texts) -> None:
    """Goal: wages are told from purchases. Method: one kind at a time, against the log."""
    economy = outage.economy
    events = outage.run.events
    found = kinds(economy)
    assert {"payment", "wage", "benefit"} <= set(found)
    day = economy.prepared["markers"][0]["bin"] // economy.prepared["bins_a_day"]
    wanted = {"day": economy.clock.day(day).isoformat()}
    every = choice_of(economy, wanted)
    assert every is not None
    of_kinds = 0
    for kind in found:
        choice = choice_of(economy, {**wanted, "kind": kind})
        assert choice is not None
        of_kinds += page_of(economy, choice, 0, 0, t).total
    assert page_of(economy, every, 0, 0, t).total == of_kinds > 0
    hostile = choice_of(economy, {**wanted, "kind": "' OR 1=1"})
    assert hostile == every
    assert set(found) <= set(events["kind"].astype(str))


def test_every_story_of_a_payment_can_be_told(either: Shown, t: Texts) -> None:
    """Goal: no kind of payment breaks the drawer. Method: one intent of each kind and status."""
    client: FlaskClient = create_app(Ready(either.economy)).server.test_client()
    events = either.run.events
    some = events.astype({"kind": str, "status": str, "reason": str}).drop_duplicates(
        ["kind", "status", "reason"]
    )
    for intent in {str(each) for each in some["intent"]} - {""}:
        told = client.get("/story", query_string={"arm": either.economy.ids[0], "intent": intent})
        assert told.status_code == 200, intent


@pytest.mark.parametrize("text", HOSTILE)
def test_names_from_strangers_are_shown_and_never_run(outage: Shown, t: Texts, text: str) -> None:
    """Goal: a scenario from elsewhere is only read. Method: hostile label and title."""
    economy = outage.economy
    arms = tuple(replace(arm, label=text, id="x") for arm in economy.arms)
    scenarios = tuple(
        each.model_copy(update={"title": text, "question": text}) for each in economy.scenarios
    )
    page = markup(economy_page(replace(economy, arms=arms, scenarios=scenarios), t))
    assert markup(text) in page
    assert "<script" not in page
    assert "<img" not in page


def test_no_visible_text_is_written_in_the_code(outage: Shown) -> None:
    """Goal: a language is added by a file. Method: the page in a language of bracketed texts."""
    from tengesim.metrics.catalogue import METRICS

    economy = outage.economy
    document = markup(economy_page(economy, in_brackets()))
    words = {economy.arms[0].label, economy.scenarios[0].title, economy.scenarios[0].question}
    words |= {economy.arms[0].digest}
    for row in economy.text.parameters:
        words |= {row.value, row.note, row.source, row.source.partition(" ")[2]}
    for metric in METRICS:
        words |= {metric.title, metric.question, metric.formula, metric.unit, metric.source}
        words |= set(metric.text.values())
    known = {" ".join(word.split()) for word in words} | words
    found = [text for text in strange(document, known) if not re.match(r"http|[\w.-]+\.\w+$", text)]
    assert [text for text in found if text.strip() not in known] == []


def test_long_runs_are_played_in_larger_steps() -> None:
    """Goal: a year stays light. Method: steps by length."""
    from datetime import date

    assert steps_a_day(Clock(date(2026, 1, 1), 0, 31)) == 24
    assert steps_a_day(Clock(date(2026, 1, 1), 0, 365)) == 4


def test_large_amounts_are_counted_in_millions(t: Texts) -> None:
    """Goal: digits can be read. Method: each side of each edge."""
    assert large_tenge_text(999_999, t) == "999,999 KZT"
    assert large_tenge_text(1_000_000, t) == "1.0 million KZT"
    assert large_tenge_text(99_949_999, t) == "99.9 million KZT"
    assert large_tenge_text(78_531_223_149, t) == "78,531 million KZT"
    assert large_tenge_text(-2_500_000, t) == "−2.5 million KZT"
