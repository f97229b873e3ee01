"""Comparisons from end to end: exact where arms are equal, the same however they are computed."""

import hashlib
import shlex
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import tengesim as ts
from tengesim.errors import SizeError, StoreError
from tengesim.experiments.answer import answer_text, errors_text
from tengesim.experiments.campaign import Campaign
from tengesim.experiments.compare import Comparison, answer_object, compare
from tengesim.experiments.conduct import conduct
from tengesim.experiments.executors import Workers
from tengesim.experiments.pairs import metric_columns, pair_up, pairs_frame
from tengesim.experiments.plan import Replication, arms_of, chance_pairs
from tengesim.store.campaigns import PAIRS, SUMMARY, open_campaign
from tengesim.store.layout import TIMING_FILE, unsealed
from tengesim.store.replications import Record, record_path, replications_folder
from tests.campaigns import asked, files_of, looks_of, week, worker_command
from tests.worlds import HEADCOUNT, MARKED, WALLET


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of runs that the tests of this file share."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def found(out: Path) -> Comparison:
    """Return a comparison of two arms."""
    return compare(week(HEADCOUNT), week(MARKED), replications=4, draws=4, out=out)


def timing(comparison: Comparison) -> dict[str, Any]:
    """Return what a campaign says of its own work."""
    text = (comparison.path / TIMING_FILE).read_text(encoding="utf-8")
    return unsealed(text, newest_layout=1)


def test_a_scenario_compared_with_itself_differs_by_exactly_nothing(out: Path) -> None:
    """Goal: no difference is made up. Method: itself, at base values and in joint draws."""
    done = compare(week(MARKED), week(MARKED), replications=3, draws=3, out=out)
    assert done.manifest.variants == (f"{MARKED}#2",)
    pairs = done.stored.pairs
    defined = pairs["difference"].notna()
    assert defined.any()
    assert (pairs.loc[defined, "difference"] == 0.0).all()
    assert (pairs["base"].isna() == pairs["value"].isna()).all()
    summary = done.summary()
    shown = summary[summary["difference"].notna()]
    assert (shown["difference"] == 0.0).all()
    assert set(shown["verdict"]) == {"equal"}
    assert done.levers.empty
    assert set(done.changes["outcome_base"]) == set(done.changes["outcome_variant"])
    assert done.examples.empty


def test_one_lever_shows_exactly_that_lever(out: Path) -> None:
    """Goal: the answer names its cause. Method: one value changed, through to the campaign."""
    path = "behaviour.school_meals.absence"
    done = compare(week(MARKED), week(MARKED, f"{path}=10 %"), replications=1, draws=0, out=out)
    assert done.levers.to_dict("records") == [
        {"variant": f"{MARKED}#2", "path": path, "base_value": "8 %", "variant_value": "10 %"}
    ]
    assert path not in {one.path for one in done.manifest.assumptions}


def test_any_number_of_workers_gives_the_same_files(tmp_path: Path) -> None:
    """Goal: results know nothing of workers. Method: digest and bytes for 1, 2 and 4."""
    digests, files = [], []
    for count in (1, 2, 4):
        out = tmp_path / str(count)
        done = compare(
            week(HEADCOUNT), week(WALLET), replications=3, draws=2, workers=count, out=out
        )
        digests.append(done.ensemble_digest)
        files.append(files_of(out))
    assert digests[0] == digests[1] == digests[2]
    assert files[0] == files[1] == files[2]


def test_the_ensemble_digest_is_that_of_every_run(found: Comparison, out: Path) -> None:
    """Goal: the digest proves all runs. Method: recomputed from the files of replications."""
    alone = compare(week(WALLET), week(MARKED), replications=2, draws=0, out=out)
    lines = []
    for arm in (WALLET, MARKED):
        for seed in (1, 2):
            run = ts.simulate(week(arm), seed=seed)
            lines.append(f"{_digest(week(arm))} {seed} {run.digest}\n")
    due = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
    assert alone.ensemble_digest == due


def _digest(scenario: ts.Scenario) -> str:
    from tengesim.scenario.digest import scenario_digest

    return scenario_digest(scenario)


def test_replication_r_is_the_run_at_seed_s_plus_r(found: Comparison) -> None:
    """Goal: every number can be had alone. Method: the pairs against single runs."""
    pairs = found.stored.pairs
    for seed in (1, 3):
        metrics = ts.simulate(week(MARKED), seed=seed).metrics.set_index("metric")["value"]
        lines = pairs[(pairs["kind"] == "chance") & (pairs["seed"] == seed)]
        assert len(lines) == len(metrics)
        for line in lines.to_dict("records"):
            due = metrics[line["metric"]]
            assert line["value"] == pytest.approx(due, abs=0, rel=0, nan_ok=True)


def test_tables_have_the_promised_columns(found: Comparison) -> None:
    """Goal: others build on them. Method: names, keys and counts of lines."""
    summary, pairs = found.summary(), found.stored.pairs
    assert list(summary.columns) == list(SUMMARY)
    assert list(pairs.columns) == list(PAIRS)
    assert not summary.duplicated(["variant", "metric"]).any()
    assert not pairs.duplicated(["variant", "metric", "kind", "draw", "seed"]).any()
    counts = pairs[pairs["metric"] == "leakage"].groupby("kind").size().to_dict()
    assert counts == {"assumption": 4, "chance": 4}
    drawn = pairs[(pairs["kind"] == "assumption") & (pairs["metric"] == "leakage")]
    assert drawn["draw"].tolist() == [1, 2, 3, 4]
    assert drawn["seed"].tolist() == [1, 2, 3, 4]


def test_changes_count_every_intent_once(found: Comparison, out: Path) -> None:
    """Goal: no payment is missing. Method: counts against the intents of both logs."""
    runs = [ts.simulate(week(arm), seed=1) for arm in (HEADCOUNT, MARKED)]
    wants = ("payment", "delivery")
    intents = {
        intent
        for run in runs
        for intent in run.events.loc[run.events["kind"].isin(wants), "intent"].astype(str)
    }
    assert found.changes["count"].sum() == len(intents)
    assert found.manifest.arms[MARKED].run is not None
    assert (out / str(found.manifest.arms[MARKED].run)).is_dir()


def test_what_is_finished_is_never_computed_again(found: Comparison, out: Path) -> None:
    """Goal: campaigns share their runs. Method: repeat, grow, and look at every file."""
    before = looks_of(replications_folder(out))
    again = compare(week(HEADCOUNT), week(MARKED), replications=4, draws=4, out=out)
    assert again.path == found.path
    assert looks_of(replications_folder(out)) == before
    grown = compare(week(HEADCOUNT), week(MARKED), replications=5, draws=3, out=out)
    assert timing(grown)["computed"] == 2
    assert before.items() <= looks_of(replications_folder(out)).items()


def test_a_stored_run_is_reused(tmp_path: Path) -> None:
    """Goal: `run` and `compare` share. Method: run first; the comparison computes the rest."""
    from tengesim.store.write import write_run

    write_run(ts.simulate(week(HEADCOUNT), seed=2), tmp_path)
    done = compare(week(HEADCOUNT), week(MARKED), replications=2, draws=0, out=tmp_path)
    assert (timing(done)["computed"], timing(done)["reused"]) == (3, 1)


def test_a_damaged_replication_is_computed_again(tmp_path: Path) -> None:
    """Goal: a wrong number never counts. Method: one digit changed, and an empty file."""
    first = compare(week(HEADCOUNT), week(WALLET), replications=3, draws=0, out=tmp_path)
    files = sorted(replications_folder(tmp_path).glob("*-s[23].json"))
    whole = [path.read_bytes() for path in files]
    files[0].write_bytes(whole[0].replace(b'"payments": ', b'"payments": 1'))
    files[1].write_bytes(b"")
    again = compare(week(HEADCOUNT), week(WALLET), replications=3, draws=0, out=tmp_path)
    assert [path.read_bytes() for path in files] == whole
    assert again.ensemble_digest == first.ensemble_digest
    # What cost the computing is not what was found, so the campaign itself is left as it is.
    assert again.path == first.path


def test_failed_replications_are_listed_with_a_command_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: partial results, and a way to see why. Method: two seeds fail; run the command."""
    patch = (
        "def compute(job, out):\n"
        f"    if job.seed == 2 and job.name == {MARKED!r}:\n"
        "        raise RuntimeError('the model is wrong')\n"
        "    return real(job, out)\n"
        "replication.compute = compute\n"
    )
    question = asked(week(HEADCOUNT), week(MARKED), out=tmp_path, shown_out=str(tmp_path), draws=2)
    with Workers(2, out=tmp_path, command=worker_command(patch)) as workers:
        done = Comparison(open_campaign(conduct(question, workers)))
    errors = done.errors
    assert errors[["arm", "draw", "seed"]].values.tolist() == [[MARKED, 0, 2], [MARKED, 2, 2]]
    assert set(errors["kind"]) == {"RuntimeError"}
    pairs = done.stored.pairs
    assert set(pairs.loc[pairs["kind"] == "chance", "seed"]) == {1, 3}
    assert "2 replications have no result" in errors_text(done.manifest.errors)
    for command, draw in zip(errors["command"], errors["draw"], strict=True):
        _, run, path, *options = shlex.split(command)
        assert run == "run"
        settings = [options[i + 1] for i, word in enumerate(options) if word == "--set"]
        loaded = ts.load_scenario(path, settings=settings)
        assert bool(settings) == bool(draw)
        assert loaded.name == MARKED
    again = compare(week(HEADCOUNT), week(MARKED), replications=3, draws=2, out=tmp_path)
    assert again.errors.empty
    assert timing(again)["computed"] == 2


def test_a_campaign_of_which_nothing_finished_says_so(tmp_path: Path) -> None:
    """Goal: no answer is better than a wrong one. Method: every replication fails."""
    patch = "def compute(job, out):\n    raise RuntimeError('no')\nreplication.compute = compute\n"
    question = asked(week(HEADCOUNT), week(MARKED), out=tmp_path, draws=2)
    with Workers(2, out=tmp_path, command=worker_command(patch)) as workers:
        done = Comparison(open_campaign(conduct(question, workers)))
    assert len(done.errors) == 10
    assert done.summary().empty
    assert done.changes.empty
    assert done.manifest.arms[MARKED].run is None
    assert "nothing can be said" in answer_text(done.stored)
    with pytest.raises(StoreError, match="did not finish"):
        done.stored.run_path(MARKED)


def test_replications_go_on_until_the_precision_is_reached(tmp_path: Path) -> None:
    """Goal: as many as it takes. Method: a rough and a finer precision of one metric."""
    counts = []
    for precision in (5_000, 1_000):
        done = compare(
            week(HEADCOUNT),
            week(MARKED),
            precision=precision,
            metric="phantom_meals",
            draws=0,
            out=tmp_path,
        )
        line = done.summary().set_index("metric").loc["phantom_meals"]
        half = (line["chance_high"] - line["chance_low"]) / 2
        assert half <= max(line["base"], line["value"]) * precision / 10_000 * 1.05
        counts.append(done.manifest.replications)
    assert 3 <= counts[0] < counts[1] < 1_000


def test_the_first_metric_that_differs_makes_the_headline(found: Comparison, out: Path) -> None:
    """Goal: an answer without being asked. Method: the chosen and a named metric."""
    assert found.manifest.metric == "leakage"
    assert "Leakage" in found.headline
    named = compare(
        week(HEADCOUNT), week(MARKED), replications=3, draws=10, metric="delay", out=out
    )
    assert named.manifest.metric == "delay"
    assert named.path != found.path
    influence = named.manifest.influence[MARKED]["delay"]
    assert influence.path in {one.path for one in named.manifest.assumptions}
    assert influence.text in answer_text(named.stored)


def test_the_answer_for_machines_has_every_line_and_no_nan(found: Comparison) -> None:
    """Goal: JSON that parses everywhere. Method: the object against the summary."""
    answer = answer_object(found, 1.0)
    assert len(answer["summary"]) == len(found.summary())
    missing = [one for one in answer["summary"] if one["difference"] is None]
    assert len(missing) == found.summary()["difference"].isna().sum()
    assert answer["ensemble_digest"] == found.ensemble_digest


class Two(Campaign):
    """A campaign that knows two made-up records."""

    def __init__(self, records: dict[str, Record]) -> None:
        """Answer for each arm with its record."""
        self._by_arm = records

    def record(self, replication: Replication) -> Record | None:
        """Return the record of an arm."""
        return self._by_arm.get(replication.arm)


def made_up(name: str, **numerators: int | None) -> Record:
    """Return a record with some metrics."""
    metrics = [
        {"metric": metric, "numerator": number, "denominator": None, "why": ""}
        for metric, number in numerators.items()
    ]
    content = {
        "name": name,
        "scenario_digest": "0" * 64,
        "seed": 1,
        "log_digest": "1" * 64,
        "payments": 0,
        "metrics": tuple(metrics),
    }
    return Record.model_validate(content)


def test_a_metric_that_one_arm_does_not_have_is_missing_and_not_zero() -> None:
    """Goal: arms of other worlds can be compared. Method: two records that share one metric."""
    arms = arms_of(week(HEADCOUNT), [week(MARKED)])
    records = {
        HEADCOUNT: made_up(HEADCOUNT, phantom_meals=7, leakage_amount=None),
        MARKED: made_up(MARKED, phantom_meals=3, returned=500),
    }
    pairs = pair_up(chance_pairs(arms, seed=1, first=0, last=1), base=HEADCOUNT, kind="chance")
    campaign = Two(records)
    frame = pairs_frame(pairs, campaign).set_index("metric")
    assert frame.loc["phantom_meals", "difference"] == -4
    assert frame.loc["returned", "value"] == float(Fraction(500, 100))
    assert frame["difference"].isna().to_dict() == {
        "phantom_meals": False,
        "leakage_amount": True,
        "returned": True,
    }
    assert metric_columns(pairs, campaign, "returned") == ([], [])
    assert metric_columns(pairs, campaign, "phantom_meals") == ([-4.0], [7.0])


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        ({"replications": 0}, ValueError, "from 1 on"),
        ({"replications": 2, "precision": 500}, ValueError, "one of them"),
        ({"replications": True}, ValueError, "whole number"),
        ({"precision": 10_001}, ValueError, "at most"),
        ({"draws": -1}, ValueError, "from 0 on"),
        ({"metric": "leakag"}, ValueError, "did you mean 'leakage'"),
        ({"replications": 10_000_000}, SizeError, "at most 100,000"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: dict[str, Any], kind: type[Exception], says: str, tmp_path: Path
) -> None:
    """Goal: refused before anything is written. Method: one mistake each."""
    with pytest.raises(kind, match=says):
        compare(week(HEADCOUNT), week(MARKED), out=tmp_path / "runs", **arguments)
    assert not (tmp_path / "runs").exists()
    with pytest.raises(ValueError, match="at least one variant"):
        compare(week(HEADCOUNT))


def test_a_locked_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: say who computes. Method: the lock of a living program, and no patience."""
    from tengesim.experiments import conduct as subject
    from tengesim.store.lock import locked

    monkeypatch.setattr(subject, "_PATIENCE_S", 0.0)
    with (
        locked(tmp_path, "campaign", patience_s=0.0),
        pytest.raises(StoreError, match="another campaign is being computed by program"),
    ):
        compare(week(HEADCOUNT), week(MARKED), replications=1, draws=0, out=tmp_path)


def test_a_name_cut_short_does_not_mix_replications(tmp_path: Path) -> None:
    """Goal: content decides. Method: the path of a record holds the scenario's digest."""
    one = record_path(tmp_path, MARKED, "a" * 64, 1)
    other = record_path(tmp_path, MARKED, "b" * 64, 1)
    assert one != other
