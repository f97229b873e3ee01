"""The report of a reserve says what its run holds, and every number says where it stands."""

from collections.abc import Iterator

import pytest

from tengesim import load_scenario
from tengesim.engine.run import simulate
from tengesim.report.choose import report_text
from tengesim.store.read import StoredRun, open_run
from tengesim.store.write import write_run
from tests.report_numbers import Files, read_page

HALF_A_YEAR = ("clock.end=2026-07-01",)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredRun]:
    """Return half a year of a reserve that mines, stored."""
    scenario = load_scenario("reserve_with_mining", settings=HALF_A_YEAR)
    folder = write_run(simulate(scenario), tmp_path_factory.mktemp("runs"), engine_name="fast")
    with open_run(folder) as opened:
        yield opened


def test_every_number_is_that_of_its_file(run: StoredRun) -> None:
    """Goal: the report invents nothing. Method: each number read back, against the file."""
    scenario = load_scenario("reserve_with_mining", settings=HALF_A_YEAR)
    page = read_page(report_text(str(run.path), "runs", is_fiscal=False))
    assert len(page.cited()) > 40
    assert Files({scenario.name: scenario}, {scenario.name: run}).disagreements(page) == []
    assert page.uncited_numbers() == []


def test_it_says_whence_the_reserve_came_and_who_bears_its_prices(run: StoredRun) -> None:
    """Goal: sources lead, risk has a bearer. Method: the parts and their order."""
    text = report_text(str(run.path), "runs", is_fiscal=False)
    parts = ("Where the reserve came from", "Who bears the risk", "Mined or bought", "All measures")
    places = [text.index(f">{part}<") for part in parts]
    assert places == sorted(places)
    for bearer in ("The state", "Victims", "Owners"):
        assert bearer in text
