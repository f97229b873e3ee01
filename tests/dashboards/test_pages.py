"""The parts of a page say what the study says: sentence, differences, parameters, measures."""

import datetime as dt

import pandas as pd
import pytest

from dashboards.components.counts import differences
from dashboards.components.measures import measure_table, value_text
from dashboards.components.sources import parameter_table
from dashboards.headline import change_of, headline, total
from dashboards.html import markup
from dashboards.numbers import day_text, share_text, tenge_text, tiyn_text, whole_text
from dashboards.pages.overview import overview
from dashboards.story_view import story_view
from dashboards.study import Study, make_study
from dashboards.texts import Texts
from tengesim.metrics.catalogue import METRICS
from tengesim.report.parameters import ParameterRow, parameters_of
from tengesim.scenario.load import load_scenario
from tests.dashboards.test_html import HOSTILE
from tests.studies import ARMS


def test_the_sentence_has_the_numbers_of_the_file(study: Study, t: Texts) -> None:
    """Goal: the headline is true. Method: its numbers against the prepared file."""
    said = headline(study, t)
    arms = study.prepared["arms"]
    for arm in arms[:2]:
        assert f"{total(arm, 'meals', 'phantom', 'accepted'):,}" in said
        assert f"{total(arm, 'meals', 'honest', 'refused'):,}" in said
    assert arms[1]["waiting_days"] in said
    assert arms[2]["waiting_days"] in said
    assert said.count(".") - said.count("days.") >= 1
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("before", "after", "word"), [(5, 3, "less"), (3, 5, "more"), (4, 4, "same"), (0, 0, "same")]
)
def test_the_wording_follows_the_sign(before: int, after: int, word: str) -> None:
    """Goal: the sentence claims no more than the numbers. Method: each direction."""
    assert change_of(before, after) == word


@pytest.mark.parametrize("way", ["less", "more", "same"])
def test_every_wording_is_a_sentence(t: Texts, way: str) -> None:
    """Goal: grammar in each case. Method: fill in every clause."""
    values = {"before": "5", "after": "3", "change": "2"}
    clauses = {
        "evidence": t(f"headline.evidence.{way}", **values),
        "honest": t(f"headline.blocked.{way}", **values),
        "marking": t(f"headline.marking.{way}", **values),
        "waiting": t(f"headline.waiting.{way}", **values),
    }
    said = t("headline.sentence", **clauses)
    assert "{" not in said
    assert said.endswith(".")


def test_the_effects_are_named_by_the_arms_beside_them(study: Study, t: Texts) -> None:
    """Goal: evidence and marking are told apart. Method: the steps of the study."""
    assert study.steps == (
        ("headcount", "social_wallet", "evidence"),
        ("social_wallet", "marked", "marking"),
    )
    table = markup(differences(study, t))
    assert table.index("Effect of evidence") < table.index("Effect of marking")
    assert "Digital proof − Head-count" in table


def test_every_metric_explains_itself_in_two_clicks(study: Study, t: Texts) -> None:
    """Goal: no number without a definition. Method: question, formula and source of each."""
    table = markup(measure_table(study, t))
    shown = [metric for metric in METRICS if metric.name in set(study.metrics[0]["metric"])]
    assert shown
    for metric in shown:
        for text in (metric.title, metric.question, metric.formula, metric.source):
            assert markup(text) in table, metric.name


def test_a_metric_is_written_from_whole_numbers(t: Texts) -> None:
    """Goal: no float is shown. Method: a share, an amount beyond 2^53, and a missing value."""
    by_name = {metric.name: metric for metric in METRICS}

    def frame(name: str, numerator: int | None, denominator: int | None) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "metric": [name],
                "value": [None if numerator is None else 1.0],
                "numerator": pd.array([numerator], dtype="Int64"),
                "denominator": pd.array([denominator], dtype="Int64"),
            }
        )

    share = by_name["phantom_share"]
    assert value_text(frame(share.name, 1, 3), share, t) == "33.33 %"
    amount = by_name["leakage_amount"]
    assert value_text(frame(amount.name, 9_007_199_254_740_993_00, None), amount, t) == (
        "9,007,199,254,740,993"
    )
    assert value_text(frame(share.name, None, None), share, t) == t("unit.none")


def test_every_number_of_the_scenarios_is_listed_with_its_source(study: Study, t: Texts) -> None:
    """Goal: nothing is assumed in silence. Method: every value with a source, by its path."""
    rows = {row.path: row for row in study.text.parameters if not row.arms}
    absence = rows["behaviour.school_meals.absence"]
    assert (absence.value, absence.low, absence.high) == ("8 %", "5 %", "12 %")
    assert absence.source == "assumption"
    price = rows["programmes.school_meals.price"]
    assert price.value == "811 KZT"
    assert price.source.startswith("https://")
    table = markup(parameter_table(study, t))
    for row in study.text.parameters:
        assert markup(row.path) in table


def test_a_parameter_that_differs_is_listed_once_for_each_arm() -> None:
    """Goal: "what did I change" has an answer. Method: two scenarios that differ in one value."""
    one = load_scenario("school_meals")
    two = load_scenario("school_meals", settings=["behaviour.school_meals.absence=9 %"])
    rows = parameters_of([("a", one), ("b", two)])
    different = [(row.path, row.value, row.arms) for row in rows if row.arms]
    assert different == [
        ("behaviour.school_meals.absence", "8 %", ("a",)),
        ("behaviour.school_meals.absence", "9 %", ("b",)),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_from_strangers_are_shown_and_never_run(study: Study, t: Texts, text: str) -> None:
    """Goal: a scenario from elsewhere is only read. Method: hostile title and labels."""
    from dataclasses import replace

    arms = tuple(replace(arm, label=text, id=f"x{n}") for n, arm in enumerate(study.arms))
    prepared = {
        **study.prepared,
        "arms": [{**one, "label": text} for one in study.prepared["arms"]],
    }
    row = ParameterRow(path=text, value=text, low=text, high=text, source=text, note=text)
    words = replace(study.text, title=text, question=text, name="x", parameters=(row,))
    hostile = replace(study, arms=arms, prepared=prepared, text=words)
    page = markup(overview(hostile, t))
    assert markup(text) in page
    assert "<script" not in page
    assert "<img" not in page
    assert "<svg" not in page


def test_a_single_run_has_a_page_without_differences(study: Study, t: Texts) -> None:
    """Goal: one run can be shown too. Method: a study of the last arm alone."""
    alone = only_arm(study, 2)
    page = markup(overview(alone, t))
    assert 'id="difference"' not in page
    assert 'id="lesson"' not in page
    assert "Proof + marking: " in headline(alone, t)


def only_arm(study: Study, number: int) -> Study:
    """Return a study of one arm of `study`."""
    return make_study(
        study.arms[number : number + 1],
        study.scenarios[number : number + 1],
        metrics=study.metrics[number : number + 1],
        run_names=study.run_names[number : number + 1],
    )


def test_runs_of_different_spans_are_not_put_on_one_clock(study: Study) -> None:
    """Goal: axes compare. Method: one arm whose scenario ends a day earlier."""
    shorter = load_scenario("school_meals", settings=["clock.end=2026-03-14"])
    with pytest.raises(ValueError, match="do not share one clock"):
        make_study(
            study.arms,
            (*study.scenarios[:2], shorter),
            metrics=study.metrics,
            run_names=study.run_names,
        )


@pytest.mark.parametrize("arm", range(len(ARMS)))
def test_a_story_tells_every_attempt(study: Study, t: Texts, arm: int) -> None:
    """Goal: nothing is left out. Method: as many steps as the intent has rows."""
    found = (
        study.arms[arm]
        .log.query(
            "SELECT intent, count(*)::BIGINT AS n FROM events WHERE kind IN ('payment', 'delivery')"
            " GROUP BY intent ORDER BY n DESC, intent LIMIT 1"
        )
        .iloc[0]
    )
    told = markup(story_view(study, arm, str(found["intent"]), t))
    assert told.count('class="story-step"') == int(found["n"])
    assert told.count("truth-box") == 1


def test_numbers_are_written_one_way(t: Texts) -> None:
    """Goal: one quantity, one spelling. Method: each writer at its edges."""
    assert whole_text(0) == "0"
    assert whole_text(-1_234_567) == "−1,234,567"
    assert tenge_text(1_234, t) == "1,234 KZT"
    assert tiyn_text(123_450, t) == "1,234.50 KZT"
    assert tiyn_text(-100, t) == "−1 KZT"
    assert share_text(1, 8, t) == "12.5 %"
    assert share_text(1, 0, t) == t("unit.none")
    assert day_text(dt.date(2026, 2, 16), t) == "Monday 16 February 2026"
    assert day_text(dt.date(2026, 2, 16), t, with_year=False) == "Monday 16 February"
