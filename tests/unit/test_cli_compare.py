"""`tengesim compare` as people call it: the answer, the errors, and how it ends."""

import json
import re
from pathlib import Path

import pytest

from tengesim import errors
from tengesim.store.campaigns import ErrorEntry, open_campaign
from tengesim.store.lock import locked
from tests.campaigns import WEEK
from tests.program import Command, program
from tests.worlds import HEADCOUNT, MARKED, SMALL

TINY = tuple(part for setting in (*SMALL, *WEEK) for part in ("--set", setting))
FEW = ("--replications", "3", "--draws", "2")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the tests of this file share."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def tengesim(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> Command:
    """Return the program, run in this process in the shared folder."""
    return program(monkeypatch, capsys, home)


def test_the_answer_comes_first_and_then_what_it_rests_on(tengesim: Command, home: Path) -> None:
    """Goal: people read one sentence. Method: first and last lines, levers and the table."""
    done = tengesim("compare", HEADCOUNT, MARKED, *TINY, *FEW)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    folder = Path(lines[-1].strip())
    stored = open_campaign(folder)
    assert folder.parent == home / "runs" / "campaigns"
    assert lines[0] == stored.manifest.headline
    assert "programmes.school_meals.money: ordinary → marked" in done.out
    assert "A simulation of stated assumptions, not a forecast." in lines
    shown = {line.split()[0] for line in lines if re.search(r"  (clear|not clear|small)$", line)}
    summary = stored.summary
    assert shown == set(
        summary.loc[summary["verdict"].isin(["clear", "not_clear", "bounded"])]["metric"]
    )


def test_json_is_one_object_and_progress_goes_elsewhere(tengesim: Command) -> None:
    """Goal: other programs read it. Method: parse both channels."""
    done = tengesim("compare", HEADCOUNT, MARKED, *TINY, *FEW, "--json", "--progress-json")
    assert done.code == 0, done.err
    answer = json.loads(done.out)
    assert answer["base"] == HEADCOUNT
    assert answer["variants"] == [MARKED]
    assert (answer["replications"], answer["draws"], answer["errors"]) == (3, 2, [])
    assert open_campaign(answer["campaign"]).manifest.headline == answer["headline"]
    told = [json.loads(line) for line in done.err.splitlines()]
    assert told[-1] == {"done": 10, "total": 10}
    assert [one["done"] for one in told] == list(range(1, 11))


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("compare", MARKED), errors.EXIT_USAGE, "VARIANT"),
        (("compare", MARKED, MARKED, "--precision", "5"), errors.EXIT_USAGE, "5 %"),
        (
            ("compare", MARKED, MARKED, "--precision", "5 %", "--replications", "3"),
            errors.EXIT_USAGE,
            "one of them",
        ),
        (("compare", MARKED, MARKED, "--metric", "leakag"), errors.EXIT_USAGE, "'leakage'"),
        (("compare", MARKED, MARKED, "--replications", "0"), errors.EXIT_USAGE, "--replications"),
        (("compare", MARKED, "school_meal"), errors.EXIT_FINDINGS, "did you mean"),
        (("compare", MARKED, MARKED, "--set", "polpulation.scale=1"), errors.EXIT_FINDINGS, "mean"),
        (("compare", MARKED, MARKED, "--set", "population.scale=9000"), errors.EXIT_SIZE, "GiB"),
    ],
)
def test_mistakes_are_named_and_nothing_is_started(
    arguments: tuple[str, ...], code: int, says: str, tengesim: Command, tmp_path: Path
) -> None:
    """Goal: each ends with its code. Method: one mistake each; nothing is written."""
    done = tengesim(*arguments, "--out", str(tmp_path / "runs"))
    assert done.code == code
    assert says in re.sub(r"[│\s]+", " ", done.err)
    assert "Traceback" not in done.err
    assert done.out == ""
    assert not (tmp_path / "runs").exists()


def test_a_folder_in_use_is_refused_by_name(
    tengesim: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: exit 4 says who. Method: the lock of a living program, and no patience."""
    from tengesim.experiments import conduct

    monkeypatch.setattr(conduct, "_PATIENCE_S", 0.0)
    with locked(tmp_path, "campaign", patience_s=0.0):
        done = tengesim("compare", HEADCOUNT, MARKED, *TINY, *FEW, "--out", str(tmp_path))
    assert done.code == errors.EXIT_STORE
    assert "another campaign is being computed by program" in done.err
    assert "the run is" not in done.err


def test_a_folder_that_cannot_be_made_is_refused(tengesim: Command, tmp_path: Path) -> None:
    """Goal: exit 74 says where. Method: a file where the folder should be."""
    (tmp_path / "runs").write_text("mine")
    done = tengesim("compare", HEADCOUNT, MARKED, *TINY, *FEW, "--out", str(tmp_path / "runs"))
    assert done.code == errors.EXIT_DISK
    assert str(tmp_path / "runs") in done.err
    assert (tmp_path / "runs").read_text() == "mine"


@pytest.mark.parametrize(
    ("kind", "code"),
    [("invariant broken", errors.EXIT_INVARIANT), ("too large", errors.EXIT_SIZE)],
)
def test_an_answer_with_gaps_is_printed_and_does_not_end_well(
    kind: str, code: int, tengesim: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: partial results with their errors. Method: a campaign that lists one error."""
    real = open_campaign

    def with_error(path: Path) -> object:
        stored = real(path)
        error = ErrorEntry(
            arm=MARKED, draw=0, seed=2, kind=kind, message="the books", command="tengesim run x"
        )
        stored.manifest = stored.manifest.model_copy(update={"errors": (error,)})
        return stored

    monkeypatch.setattr("tengesim.experiments.compare.open_campaign", with_error)
    done = tengesim("compare", HEADCOUNT, MARKED, *TINY, *FEW)
    assert done.code == code
    assert done.out.startswith("Leakage")
    assert "reproduce with: tengesim run x" in done.err


def test_the_help_says_what_happens_without_options(tengesim: Command) -> None:
    """Goal: defaults are known. Method: the help text."""
    done = tengesim("compare", "--help")
    text = re.sub(r"[│\s]+", " ", done.out)
    assert done.code == 0
    assert text.count("20 unless given") == 2
