"""The page of purchases opens with what was lost and who waited, as the metrics have it."""

from collections.abc import Iterator

import pytest

from dashboards.app import create_app
from dashboards.build import build_shown
from dashboards.components.purchase_head import COLUMNS, purchases_at_end, said_of_purchases
from dashboards.html import markup
from dashboards.numbers import large_tenge_text
from dashboards.shown import FinishedArm, Shown
from dashboards.texts import texts
from tengesim import load_scenario, simulate
from tengesim.store.write import write_run
from tests.metrics_world import values
from tests.studies import Ready

NAMES = ("livestock_ordinary", "livestock")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Return loans paid at the sale and in marked money."""
    folder = tmp_path_factory.mktemp("herds")
    arms = []
    for name in NAMES:
        run = simulate(load_scenario(name))
        stored = write_run(run, folder, engine_name="fast")
        arms.append(FinishedArm(name, run.scenario.title, stored))
    made = build_shown(arms)
    yield made
    made.close()


def test_the_opening_says_what_was_lost_and_who_waited(shown: Shown) -> None:
    """Goal: the question of the scenario is answered first. Method: sentence and table."""
    t = texts()
    said, table = said_of_purchases(shown, t), markup(purchases_at_end(shown, t))
    for metrics in shown.metrics:
        exact = values(metrics, "numerator")
        for name in ("lost", "stopped"):
            amount = large_tenge_text(int(exact[COLUMNS[name]]) // 100, t)
            assert amount in said
            assert f"<td>{amount}</td>" in table
    page = create_app(Ready(shown)).server.test_client().get("/").get_data(as_text=True)
    assert "was paid for nothing" in page
