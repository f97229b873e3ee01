"""`tengesim report` as people call it: one file, whole or not at all, and how it ends."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tengesim import cli, errors
from tengesim.engine.run import simulate
from tengesim.store.write import write_run
from tests.campaigns import week
from tests.compared import stored_campaign
from tests.report_numbers import read_page

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two stored runs and their campaign in `runs`."""
    made = tmp_path_factory.mktemp("home")
    names = {"headcount": "school_meals_headcount", "marked": "school_meals"}
    runs = {arm: simulate(week(name)) for arm, name in names.items()}
    for run in runs.values():
        write_run(run, made / "runs", engine_name="reference")
    stored_campaign(made / "runs", runs)
    return made


@pytest.fixture
def tengesim(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> Command:
    """Return the program, run in this process in that folder."""
    monkeypatch.chdir(home)

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tengesim", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return command


def names(home: Path) -> dict[str, str]:
    """Return the names of the campaign and of a run."""
    (campaign,) = (path.name for path in (home / "runs" / "campaigns").glob("[!.]*"))
    (run,) = (path.name for path in (home / "runs").glob("school_meals-*"))
    return {"campaign": campaign, "run": run}


@pytest.mark.parametrize("kind", ["campaign", "run"])
@pytest.mark.parametrize("form", [(), ("--form", "fiscal_note")], ids=["full", "note"])
def test_a_name_is_enough(tengesim: Command, home: Path, kind: str, form: tuple[str, ...]) -> None:
    """Goal: one command, one file. Method: by name and by path, byte for byte the same."""
    name = names(home)[kind]
    folder = home / "runs" / ("campaigns" if kind == "campaign" else "") / name
    assert tengesim("report", name, "-o", "one.html", *form) == (0, "written: one.html\n", "")
    assert tengesim("report", str(folder), "-o", "two.html", *form)[0] == 0
    assert (home / "one.html").read_bytes() == (home / "two.html").read_bytes()
    standing = "Fiscal note" if form else "Report of"
    page = read_page((home / "one.html").read_text(encoding="utf-8"))
    assert standing in (home / "one.html").read_text(encoding="utf-8")
    assert page.headings[1] in {"The answer", "What happened"}


def test_an_unknown_name_writes_nothing(tengesim: Command, home: Path) -> None:
    """Goal: a slip costs nothing. Method: a name nearly right."""
    code, out, err = tengesim("report", names(home)["run"][:-1] + "x", "-o", "none.html")
    assert (code, out) == (errors.EXIT_STORE, "")
    assert "did you mean" in err
    assert not (home / "none.html").exists()


def test_a_file_that_cannot_be_written_says_so(tengesim: Command, home: Path) -> None:
    """Goal: exit 74 and a sentence. Method: a folder stands where the file should."""
    (home / "taken.html").mkdir(exist_ok=True)
    code, out, err = tengesim("report", names(home)["run"], "-o", "taken.html")
    assert (code, out) == (errors.EXIT_DISK, "")
    assert "writing the report" in err
    assert "Traceback" not in err


def test_a_damaged_campaign_is_refused(tengesim: Command, home: Path) -> None:
    """Goal: no report of wrong numbers. Method: one byte of the summary."""
    path = home / "runs" / "campaigns" / names(home)["campaign"] / "summary.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    code, out, err = tengesim("report", names(home)["campaign"], "-o", "bad.html")
    path.write_bytes(whole)
    assert (code, out) == (errors.EXIT_STORE, "")
    assert "summary.parquet" in err
    assert not (home / "bad.html").exists()


def test_the_output_must_be_named(tengesim: Command, home: Path) -> None:
    """Goal: nothing is overwritten by chance. Method: the command without `-o`."""
    assert tengesim("report", names(home)["run"])[0] == errors.EXIT_USAGE
