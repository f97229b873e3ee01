"""The catalogue is complete, closed and written down."""

from pathlib import Path

import pytest

from tengesim.metrics.catalogue import GROUPS, METRICS, METRICS_BY_NAME, PAIRED_METRICS
from tengesim.metrics.metric import Metric
from tengesim.metrics.page import metrics_page
from tests.metrics_world import month

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
EVERY = METRICS + PAIRED_METRICS


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.name)
def test_a_metric_says_what_it_is(metric: Metric) -> None:
    """Goal: nobody has to guess. Method: unit, question, formula, source and text of each."""
    assert metric.unit
    assert metric.title
    assert metric.question.endswith("?")
    assert metric.formula.endswith(".")
    assert metric.source
    assert metric.text["en"].endswith(".")
    assert metric.group in GROUPS
    assert metric.name.replace("_", "").isalpha()


def test_names_and_titles_are_unique() -> None:
    """Goal: one name, one metric. Method: count names and titles."""
    assert len({metric.name for metric in EVERY}) == len(EVERY)
    assert len({metric.title for metric in EVERY}) == len(EVERY)
    assert len(METRICS_BY_NAME) == len(METRICS)


def test_groups_stand_together_in_their_order() -> None:
    """Goal: tables and pages show groups as blocks. Method: order of the catalogue."""
    groups = [metric.group for metric in METRICS]
    assert groups == sorted(groups, key=GROUPS.index)
    assert set(groups) == set(GROUPS)


def test_a_run_reports_the_catalogue_and_nothing_else() -> None:
    """Goal: the catalogue is closed. Method: a run's table against it, line by line."""
    frame = month("marked").metrics
    expected = [metric for metric in METRICS if metric.scope in {"any", "meals"}]
    assert frame["metric"].tolist() == [metric.name for metric in expected]
    assert frame["unit"].tolist() == [metric.unit for metric in expected]
    assert frame["group"].tolist() == [metric.group for metric in expected]
    assert frame["uses_truth"].tolist() == [metric.uses_truth for metric in expected]


def test_the_page_of_metrics_is_up_to_date() -> None:
    """Goal: docs/metrics.md is the catalogue. Method: make it again and compare.

    To write it: python -c "from pathlib import Path; from tengesim.metrics.page import
    metrics_page; Path('docs/metrics.md').write_text(metrics_page(), encoding='utf-8')"
    """
    assert PAGE.read_text(encoding="utf-8") == metrics_page()
