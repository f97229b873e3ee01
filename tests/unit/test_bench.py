"""The benchmark: what is compared is measured in turns, and what is told follows from it."""

import gc
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tengesim import errors
from tengesim.bench import command, conduct
from tengesim.bench.children import apart
from tengesim.bench.conduct import Plan
from tengesim.bench.limit import aligned_rows, move, pairs
from tengesim.bench.measures import MEASURES, machine_limit, plain_simpy, whole_run
from tengesim.bench.text import lines
from tests.benchmarks import speed_table
from tests.program import Command, program

WALLETS = 400
ASKED: dict[str, Any] = {"scenario": "nation_day", "settings": [], "seed": 1, "wallets": WALLETS}


class Machine:
    """Answers measures as a machine would that slows down with every one it carries out."""

    def __init__(self) -> None:
        """Start fresh."""
        self.asked: list[tuple[str, dict[str, object]]] = []

    def __call__(self, name: str, **options: object) -> dict[str, Any]:
        """Return figures that depend on how many were asked for before."""
        self.asked.append((name, options))
        slowness = 1 + len(self.asked) / 100
        if name == "plain_simpy":
            return {
                "collected": {"s": 20 * slowness, "payments": 1_000},
                "uncollected": {"s": 10 * slowness, "payments": 1_000},
                "peak_bytes": 2**30,
            }
        if name == "parts_alone":
            return {
                "wants": 500,
                "payments": 400,
                "tape_s": 0.5,
                "kernel_s": [0.2, 0.4],
                "limit_s": [0.05, 0.1],
                "limit_payments": 1_000,
            }
        speed = 10 if options["by"] == "fast" else 1
        return {
            "wallets": options["wallets"],
            "log": options["log"],
            "payments": 1_000,
            "digest": "d",
            "start_s": 0.1,
            "build_s": 1.0,
            "simulate_s": slowness / speed,
            "whole_s": slowness / speed + 1,
            "cpu_s": slowness / speed + 2,
            "peak_bytes": 2**30,
        }


def names(machine: Machine) -> list[str]:
    """Return what was asked for, in order."""
    return [
        name if name != "whole_run" else f"{options['by']} {options['log']}"
        for name, options in machine.asked
    ]


def test_what_is_compared_is_measured_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a machine that slows down moves no ratio much. Method: one that does; exact turns."""
    monkeypatch.setattr(conduct, "TURNS_MAX", 2)
    machine = Machine()
    found = conduct.conduct(Plan(wallets=(WALLETS,), seconds=60, measure=machine), lambda _: None)
    parts, scaling = ["parts_alone"] * 2, ["fast summary"] * 2
    logs = ["fast summary", "fast full", "fast parquet"] * 2
    both = ["fast summary", "reference summary"] * 2
    plain = ["fast summary", "plain_simpy"] * 2
    assert [*parts, *scaling, *logs, *both, *plain] == names(machine)
    assert found["reference"]["ratio"] == pytest.approx(10, abs=0.2)
    (against,) = found["plain_simpy"]
    assert against["uncollected_ratio"] == pytest.approx(100, abs=2)
    assert against["collected_ratio"] == pytest.approx(200, abs=4)
    (one,) = found["parts"]
    assert {name: one[name] for name in ("wants_per_s", "kernel_per_s", "share_percent")} == {
        "wants_per_s": 1_000,
        "kernel_per_s": 1_500,
        "share_percent": 10.0,
    }


def test_the_tables_of_the_pages_say_what_was_found() -> None:
    """Goal: figures are pasted, not copied by hand. Method: a machine of known figures."""
    sizes = (100_000, 1_000_000)
    found = conduct.conduct(Plan(wallets=sizes, seconds=0, measure=Machine()), lambda _: None)
    aims = {aim.measure: aim.found for aim in speed_table.aims(found)}
    assert aims["kernel, 20 m wallets"] is None
    assert aims["kernel, 1 m wallets"] == found["parts"][1]["kernel_per_s"] / 1e6
    assert aims["`simulate` and the log as Parquet, 1 m wallets"] == (
        found["logs"][2]["payments_per_s"] / 1e6
    )
    ratio = "ratio to SimPy alone, as installed, 100,000 wallets"
    assert aims[ratio] == found["plain_simpy"][0]["collected_ratio"]
    told = speed_table.lines(found)
    assert f"| {ratio} | 60× | 120× | {aims[ratio]:.1f}× |" in told
    assert "| kernel, 20 m wallets | 6 m | 10 m | not measured |" in told


def test_there_is_one_round_when_there_is_no_time() -> None:
    """Goal: it ends. Method: no seconds, and each thing is measured once."""
    machine = Machine()
    conduct.conduct(Plan(wallets=(WALLETS,), seconds=0, measure=machine), lambda _: None)
    assert len(names(machine)) == len({"parts", "scaling"}) + 3 + 2 * len({"both", "plain"})


def test_sizes_are_those_asked_for_and_plain_simpy_has_those_it_can_hold() -> None:
    """Goal: nothing is measured that would not fit. Method: sizes of a table by measure."""
    machine = Machine()
    sizes = (1_200_000, 10_000, 100_000)
    found = conduct.conduct(Plan(wallets=sizes, seconds=0, measure=machine), lambda _: None)
    assert [one["wallets"] for one in found["scaling"]] == [10_000, 100_000, 1_200_000]
    assert [one["wallets"] for one in found["plain_simpy"]] == [100_000]
    assert [one["wallets"] for one in found["logs"]] == [100_000] * 3
    assert found["reference"]["wallets"] == 10_000


def test_a_nation_alone_keeps_no_whole_log() -> None:
    """Goal: a size whose whole log would not fit is measured. Method: it alone is asked for."""
    plan = Plan(wallets=(1_200_000,), seconds=0, measure=Machine())
    found = conduct.conduct(plan, lambda _: None)
    assert {one["wallets"] for one in (*found["logs"], *found["plain_simpy"])} == {1_000_000}


def test_logs_that_differ_are_not_compared() -> None:
    """Goal: no speed is told of a wrong log. Method: two digests."""

    def measure(name: str, **options: object) -> dict[str, Any]:
        return {**Machine()(name, **options), "digest": options.get("by")}

    with pytest.raises(errors.InvariantError, match="different logs"):
        conduct.conduct(Plan(wallets=(WALLETS,), seconds=0, measure=measure), lambda _: None)


def test_a_world_that_does_not_fit_is_refused_before_anything_is_measured() -> None:
    """Goal: an answer at once. Method: a thousand million wallets, and nothing asked for."""
    machine = Machine()
    with pytest.raises(errors.SizeError):
        conduct.conduct(Plan(wallets=(WALLETS, 10**9), measure=machine), lambda _: None)
    assert machine.asked == []


def test_the_tables_tell_what_was_found() -> None:
    """Goal: people read what programs read. Method: the figures in the lines, columns aligned."""
    found = conduct.conduct(Plan(wallets=(100_000,), seconds=0, measure=Machine()), lambda _: None)
    told = list(lines(found))
    text = "\n".join(told)
    (against,) = found["plain_simpy"]
    for figure in (
        f"{found['reference']['ratio']:.1f} x",
        f"{against['collected_ratio']:.1f} x",
        f"{found['parts'][0]['kernel_per_s']:,}",
        f"{found['scaling'][0]['payments_per_s']:,}",
        found["machine"]["python"],
    ):
        assert figure in text
    title = told.index("Whole runs by log mode")
    assert len({len(line) for line in told[title + 1 : title + 4]}) == 1


def test_the_limit_moves_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the loop is not left out by a clever compiler. Method: sums of the rows."""
    rows, (payer, payee) = aligned_rows(1_000), pairs(5_000, 1_000, seed=1)
    assert rows.ctypes.data % 64 == 0
    assert move(rows, payer, payee) == 5_000
    assert rows[:, 0].sum() == 0
    assert np.array_equal(rows[:, 4], np.bincount(payer, minlength=1_000))
    assert np.array_equal(rows[:, 0], np.bincount(payee, minlength=1_000) - rows[:, 4])


def test_measures_of_this_python_have_their_figures() -> None:
    """Goal: each measure works. Method: carry each out, tiny, and look at what it counted."""
    limit = machine_limit(rows=100, payments=1_000, repeats=2)
    assert len(limit["s"]) == 2
    plain = plain_simpy(**ASKED, payments=300)
    for collector in ("collected", "uncollected"):
        assert plain[collector]["payments"] >= 300
        assert plain[collector]["s"] > 0
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    run = whole_run(**ASKED, log="summary", by="reference")
    assert run["payments"] > 300
    assert run["whole_s"] >= run["simulate_s"] + run["build_s"] > 0
    assert run["peak_bytes"] >= run["before_bytes"] > 10**6


def test_a_measure_has_a_python_of_its_own_and_says_what_went_wrong() -> None:
    """Goal: figures or a reason. Method: one that works and one that cannot."""
    assert apart("machine_limit", rows=10, payments=10, repeats=1)["rows"] == 10
    with pytest.raises(errors.InvariantError, match="nowhere"):
        apart("whole_run", **{**ASKED, "scenario": "nowhere"}, log="full", by="reference")


@pytest.fixture
def tengesim(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Return the program, run in this process in an empty folder."""
    return program(monkeypatch, capsys, tmp_path)


@pytest.mark.parametrize("is_json", [True, False])
def test_the_command_prints_one_object_or_tables_and_writes_nothing(
    tengesim: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    is_json: bool,  # noqa: FBT001
) -> None:
    """Goal: programs and people can read it. Method: the command with a machine of paper."""
    machine = Machine()
    monkeypatch.setattr(command, "_measure", lambda: machine)
    asked = ("--wallets", "100000", "--wallets", "10000", "--seconds", "0")
    ended = tengesim("bench", *asked, *(["--json"] if is_json else []))
    assert ended.code == errors.EXIT_OK, ended.err
    assert "round 1" in ended.err
    if is_json:
        found = json.loads(ended.out)
        assert [one["wallets"] for one in found["scaling"]] == [10_000, 100_000]
    else:
        assert "Against the reference engine" in ended.out
    assert list(tmp_path.iterdir()) == []


def test_every_measure_can_be_named() -> None:
    """Goal: a Python of its own finds it. Method: names of functions against the table."""
    assert list(MEASURES) == [one.__name__ for one in MEASURES.values()]
