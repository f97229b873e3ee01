"""Many replications of one scenario: exact where single runs are, the same however computed."""

import statistics
from pathlib import Path

import pytest

import tengesim as ts
from tengesim.errors import StoreError
from tengesim.experiments.compare import RequestError, compare
from tengesim.experiments.ensemble import Ensemble, ensemble_object, quantile, replicate
from tengesim.scenario.digest import scenario_digest
from tengesim.store.ensembles import (
    QUANTILES_BP,
    ensemble_path,
    largest_ensemble,
    open_ensemble,
)
from tests.campaigns import week
from tests.worlds import HEADCOUNT, WALLET

COUNT = 6


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of runs that the tests of this file share."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def found(out: Path) -> Ensemble:
    """Return an ensemble of a week of meals."""
    return replicate(week(HEADCOUNT), replications=COUNT, workers=1, out=out)


def test_a_line_is_what_single_runs_say(found: Ensemble) -> None:
    """Goal: every number can be had alone. Method: the same seeds one by one, plain statistics."""
    values = sorted(
        float(frame.loc[frame["metric"] == "paid_amount", "value"].iloc[0])
        for frame in (ts.simulate(week(HEADCOUNT), seed=1 + n).metrics for n in range(COUNT))
    )
    [line] = found.spread().query("metric == 'paid_amount'").to_dict("records")
    assert line["n"] == COUNT
    assert line["mean"] == pytest.approx(statistics.fmean(values))
    assert line["deviation"] == pytest.approx(statistics.stdev(values))
    assert line["mean_low"] < line["mean"] < line["mean_high"]
    assert [line[f"q{share // 100:02d}"] for share in QUANTILES_BP] == [
        values[place] for place in (0, 1, 2, 4, 5)
    ]
    assert (line["lowest"], line["highest"]) == (values[0], values[-1])


@pytest.mark.parametrize(
    ("share_bp", "value"), [(1, 1), (500, 5), (501, 6), (5_000, 50), (9_999, 100), (10_000, 100)]
)
def test_a_quantile_is_a_value_that_occurred(share_bp: int, value: int) -> None:
    """Goal: no value is made up between two. Method: one to a hundred."""
    assert quantile(range(1, 101), share_bp) == value


def test_any_number_of_workers_gives_the_same_file(found: Ensemble, tmp_path: Path) -> None:
    """Goal: results know nothing of workers. Method: bytes and digest for 1 and 2."""
    other = replicate(week(HEADCOUNT), replications=COUNT, workers=2, out=tmp_path)
    assert other.ensemble_digest == found.ensemble_digest
    assert other.path.read_bytes() == found.path.read_bytes()


def test_a_campaign_and_an_ensemble_share_their_replications(found: Ensemble, out: Path) -> None:
    """Goal: nothing is computed twice. Method: a comparison of the same scenario and seeds."""
    done = compare(week(HEADCOUNT), week(WALLET), replications=2, draws=0, out=out)
    pairs = done.stored.pairs
    known = pairs[(pairs["metric"] == "paid_amount") & (pairs["seed"] == 2)]["base"].iloc[0]
    frame = ts.simulate(week(HEADCOUNT), seed=2).metrics
    assert known == frame.loc[frame["metric"] == "paid_amount", "value"].iloc[0]


def test_the_largest_whole_ensemble_is_found(out: Path) -> None:
    """Goal: a page shows the best there is. Method: two sizes, then the larger one damaged."""
    scenario = week(WALLET)
    small = replicate(scenario, replications=2, workers=1, out=out)
    large = replicate(scenario, replications=3, workers=1, out=out)
    digest = scenario_digest(scenario)
    assert largest_ensemble(out, scenario.name, digest) == large.made
    large.path.write_bytes(large.path.read_bytes()[:-40])
    assert largest_ensemble(out, scenario.name, digest) == small.made
    with pytest.raises(StoreError, match="tengesim replicate"):
        open_ensemble(large.path)
    assert largest_ensemble(out, scenario.name, "0" * 64) is None
    with pytest.raises(StoreError):
        open_ensemble(ensemble_path(out, scenario.name, digest, 7, 7))


def test_what_makes_no_sense_is_refused(found: Ensemble) -> None:
    """Goal: no guess. Method: no replication; a path that a world without a reserve has not."""
    with pytest.raises(RequestError, match="replications is 0"):
        replicate(week(HEADCOUNT), replications=0)
    with pytest.raises(ValueError, match="no path 'reserve_value'"):
        found.fan()


def test_the_answer_for_machines_has_every_line(found: Ensemble) -> None:
    """Goal: programs get what people get. Method: its lines against the table."""
    answer = ensemble_object(found, 1.5)
    assert answer["replications"] == COUNT
    assert [line["metric"] for line in answer["spread"]] == found.spread()["metric"].tolist()
    assert answer["fans"] == []
