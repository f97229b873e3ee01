"""The commands, called as people call them: what they print, where, and how they end."""

import json
import re
from pathlib import Path

import pytest

from tengesim import errors
from tengesim.codes import Reason
from tengesim.findings import FINDING_CODES
from tengesim.metrics.catalogue import METRICS
from tengesim.scenario.digest import scenario_digest
from tengesim.scenario.shipped import shipped_names
from tengesim.store.layout import MANIFEST_FILE, folder_name
from tests.program import Command, Ended, program
from tests.worlds import HEADCOUNT, MARKED, SMALL, run_of, small

TINY = tuple(part for setting in SMALL for part in ("--set", setting))
ESCAPE = "\x1b"


@pytest.fixture
def tengesim(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Return the program, run in this process in an empty folder."""
    return program(monkeypatch, capsys, tmp_path)


@pytest.fixture
def stored(tengesim: Command) -> str:
    """Return the name of a run that is stored in `runs`."""
    answer = tengesim("run", MARKED, *TINY, "--json")
    assert answer.code == 0, answer.err
    return Path(json.loads(answer.out)["run"]).name


def test_list_prints_one_line_for_each_shipped_scenario_name_first(
    tengesim: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: scripts can read it. Method: first words are names; nothing is wrapped."""
    for width in ("20", "200"):
        monkeypatch.setenv("COLUMNS", width)
        listed = tengesim("list")
        lines = listed.out.splitlines()
        assert [line.split()[0] for line in lines] == shipped_names()
        assert all(len(line.split(maxsplit=1)[1]) > 10 for line in lines)
        assert (listed.code, listed.err) == (0, "")


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_scenarios_check_clean(name: str, tengesim: Command) -> None:
    """Goal: nobody starts from findings. Method: check each, for people and for machines."""
    assert tengesim("check", name) == Ended(0, f"{name}: no findings\n", "")
    as_json = tengesim("check", name, "--json")
    assert json.loads(as_json.out) == {"scenario": name, "findings": []}


def test_check_reports_every_finding_with_its_place_and_ends_with_1(tengesim: Command) -> None:
    """Goal: all mistakes at once. Method: three in a file; lines, codes, JSON of the same."""
    Path("mine.yaml").write_text(
        "format: 1\nextends: school_meals\nname: mine\nseed: -3\npopulation:\n  scale: 0\n"
        "  pupil: 4\n",
        encoding="utf-8",
    )
    checked = tengesim("check", "mine.yaml")
    lines = checked.out.splitlines()
    assert checked.code == errors.EXIT_FINDINGS
    assert [line.split(": ")[0] for line in lines] == ["mine.yaml:4", "mine.yaml:6", "mine.yaml:7"]
    assert "did you mean 'pupils'" in lines[2]
    as_json = tengesim("check", "mine.yaml", "--json")
    assert as_json.code == errors.EXIT_FINDINGS
    found = json.loads(as_json.out)["findings"]
    assert [finding["line"] for finding in found] == [4, 6, 7]
    for line, finding in zip(lines, found, strict=True):
        assert line.endswith(f"[{finding['code']}]")
        assert finding["code"] in FINDING_CODES


def test_check_takes_settings(tengesim: Command) -> None:
    """Goal: what will be run is what is checked. Method: a bad setting and a good one."""
    assert tengesim("check", MARKED, "--set", "population.scale=0.5").code == 0
    assert tengesim("check", MARKED, "--set", "population.scale=-1").code == errors.EXIT_FINDINGS


def test_schema_is_one_json_document(tengesim: Command) -> None:
    """Goal: editors complete from it. Method: parse it; its dialect and a key of ours."""
    printed = tengesim("schema")
    schema = json.loads(printed.out)
    assert (printed.code, printed.err) == (0, "")
    assert schema["$schema"].endswith("2020-12/schema")
    assert '"programmes"' in printed.out


@pytest.mark.parametrize(
    "code",
    [
        *sorted(FINDING_CODES)[:3],
        "INSUFFICIENT_FUNDS",
        "insufficient_funds",
        "R16",
        "phantom_meals",
        "OCP-R018",
    ],
)
def test_explain_has_a_page_for_each_kind_of_code(code: str, tengesim: Command) -> None:
    """Goal: nothing is unexplained. Method: findings, a reason in two spellings, others."""
    page = tengesim("explain", code)
    assert (page.code, page.err) == (0, "")
    assert page.out.upper().startswith(code.upper())
    assert len(page.out.splitlines()) >= 2


def test_explain_knows_every_finding_reason_and_metric(tengesim: Command) -> None:
    """Goal: every code has a page. Method: all of them, and the codes the log can hold."""
    from tengesim.report.explain import explanation

    codes = [*FINDING_CODES, *(reason.name for reason in Reason if reason)]
    for code in (*codes, *(metric.name for metric in METRICS)):
        assert explanation(code).startswith(code)


def test_explain_answers_an_unknown_code_with_near_ones(tengesim: Command) -> None:
    """Goal: did you mean. Method: a misspelt finding, and nothing at all like a code."""
    near = tengesim("explain", "DUPLICATE_KEI")
    assert near.code == errors.EXIT_FINDINGS
    assert "did you mean DUPLICATE_KEY" in near.err
    assert tengesim("explain", "?").code == errors.EXIT_FINDINGS


@pytest.mark.parametrize("arm", [HEADCOUNT, MARKED])
def test_run_json_is_one_object_that_holds_what_was_promised(arm: str, tengesim: Command) -> None:
    """Goal: design §10. Method: one line on stdout, nothing else; values against the library."""
    answer = tengesim("run", arm, *TINY, "--json")
    assert answer.code == 0
    assert answer.out.count("\n") == 1
    said = json.loads(answer.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    run = run_of(arm)
    digest = scenario_digest(small(arm))
    assert said["digest"] == run.digest
    assert said["payments"] == run.payments
    assert said["seed"] == run.seed
    assert said["scenario"] == arm
    assert said["wall_s"] > 0
    assert Path(said["run"]).resolve() == (Path("runs") / folder_name(arm, digest, 1)).resolve()
    assert (Path(said["run"]) / MANIFEST_FILE).is_file()
    due = dict(zip(run.metrics["metric"].astype(str), run.metrics["value"], strict=True))
    assert set(said["metrics"]) == set(due)
    for name, value in said["metrics"].items():
        assert value == due[name] or (value is None and due[name] != due[name])


def test_run_tells_people_leakage_and_the_honest_refused_together(tengesim: Command) -> None:
    """Goal: Done when 3. Method: the summary names both, the folder, and what it is not."""
    ran = tengesim("run", MARKED, *TINY)
    assert ran.code == 0
    assert ran.out.startswith("School meals in marked digital tenge (seed 1)\n")
    for words in ("Leakage", "Honest meals refused", "not a forecast", "payments, ran in"):
        assert words in ran.out
    assert ESCAPE not in ran.out + ran.err


def test_a_run_that_is_stored_is_reused_unless_it_is_damaged(
    stored: str, tengesim: Command
) -> None:
    """Goal: nothing computed twice, nothing damaged shown. Method: again, then one bit flipped."""
    again = json.loads(tengesim("run", MARKED, *TINY, "--json").out)
    assert again["reused"] is True
    events = Path("runs") / stored / "events.parquet"
    content = bytearray(events.read_bytes())
    content[len(content) // 2] ^= 1
    events.write_bytes(content)
    mended = json.loads(tengesim("run", MARKED, *TINY, "--json").out)
    assert mended["reused"] is False
    assert mended["digest"] == again["digest"]
    assert tengesim("verify", stored).code == 0


def test_another_seed_or_setting_is_another_run(stored: str, tengesim: Command) -> None:
    """Goal: runs do not overwrite each other. Method: names and digests of three runs."""
    seeded = json.loads(tengesim("run", MARKED, *TINY, "--seed", "2", "--json").out)
    omitted = "population.register_omissions=1 %"
    changed = json.loads(tengesim("run", MARKED, *TINY, "--set", omitted, "--json").out)
    names = {stored, Path(seeded["run"]).name, Path(changed["run"]).name}
    assert len(names) == 3
    assert sorted(path.name for path in Path("runs").iterdir()) == sorted(names)
    assert seeded["run"].endswith("-s2")
    assert seeded["digest"] != changed["digest"]


def test_out_names_the_parent_of_the_run_folder(tengesim: Command) -> None:
    """Goal: results go where they are sent. Method: a folder with a space that is not there yet."""
    answer = json.loads(tengesim("run", HEADCOUNT, *TINY, "--out", "my runs/deep", "--json").out)
    assert Path(answer["run"]).parent.resolve() == Path("my runs/deep").resolve()
    assert not Path("runs").exists()


def test_a_scenario_file_runs_like_a_shipped_one(tengesim: Command) -> None:
    """Goal: analysts write files. Method: a file that extends a shipped scenario, name from it."""
    lines = ("format: 1", "extends: school_meals_headcount", "name: my_town", "seed: 9")
    Path("моя школа.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    answer = json.loads(tengesim("run", "моя школа.yaml", *TINY, "--json").out)
    assert answer["scenario"] == "my_town"
    assert answer["seed"] == 9
    assert answer["digest"] == run_of(HEADCOUNT, seed=9).digest


def test_progress_is_json_lines_on_stderr_when_asked(tengesim: Command) -> None:
    """Goal: the dashboard can follow. Method: one line a simulated day, stdout still one object."""
    answer = tengesim("run", HEADCOUNT, *TINY, "--json", "--progress-json")
    told = [json.loads(line) for line in answer.err.splitlines()]
    assert told == [{"done": day, "total": 42} for day in range(1, 43)]
    assert json.loads(answer.out)["payments"] > 0


def test_trace_tells_the_story_of_a_payment_and_of_a_name(stored: str, tengesim: Command) -> None:
    """Goal: why was it refused. Method: a refused intent of the log; then its pupil."""
    events = run_of(MARKED).events
    refused = events[events["reason"].astype(str) == "presence_not_proven"].iloc[0]
    told = tengesim("trace", stored, str(refused["intent"]))
    assert (told.code, told.err) == (0, "")
    (deciding, *_) = [line for line in told.out.splitlines() if line.lstrip().startswith("✗")]
    assert deciding.startswith("  ✗ presence: ")
    assert "← decides" in told.out
    assert "What was true" in told.out.splitlines()[-1]
    assert tengesim("trace", f"runs/{stored}", str(refused["payer"])).code == 0


def test_trace_of_an_unknown_name_ends_with_1_and_names_near_ones(
    stored: str, tengesim: Command
) -> None:
    """Goal: did you mean. Method: a pupil that is not there, a run that is not there."""
    told = tengesim("trace", stored, "pupil-00001")
    assert (told.code, told.out) == (errors.EXIT_FINDINGS, "")
    assert "did you mean one of: pupil-0001" in told.err
    assert tengesim("trace", "nothing", "pupil-000001").code == errors.EXIT_STORE


def test_verify_passes_a_whole_run_and_replays_it(stored: str, tengesim: Command) -> None:
    """Goal: trust, then check. Method: verify, and again with a replay of the stored scenario."""
    checked = tengesim("verify", stored)
    assert checked.code == 0
    assert all(line.startswith("passed") for line in checked.out.splitlines())
    replayed = tengesim("verify", stored, "--replay")
    assert replayed.code == 0
    assert f"replay: the same log digest {run_of(MARKED).digest}" in replayed.out


@pytest.mark.parametrize("file", ["events.parquet", MANIFEST_FILE, "scenario.yaml"])
def test_a_damaged_run_ends_with_4_wherever_it_is_read(
    file: str, stored: str, tengesim: Command
) -> None:
    """Goal: never a wrong number. Method: cut a file; verify, trace, list; no traceback."""
    path = Path("runs") / stored / file
    path.write_bytes(path.read_bytes()[:-7])
    for arguments in (("verify", stored), ("trace", stored, "pupil-000001")):
        ended = tengesim(*arguments)
        assert ended.code == errors.EXIT_STORE
        assert "Traceback" not in ended.out + ended.err
        assert file in ended.out + ended.err
    listed = tengesim("runs", "list")
    assert listed.code == 0
    assert listed.out.startswith(f"{stored}  damaged: ")


def test_runs_are_listed_and_removed(stored: str, tengesim: Command) -> None:
    """Goal: the store can be kept clean. Method: list as text and JSON, remove, list again."""
    listed = tengesim("runs", "list")
    assert re.fullmatch(rf"{stored}  [\d.]+ MB\n", listed.out)
    as_json = json.loads(tengesim("runs", "list", "--json").out)
    assert [run["name"] for run in as_json["runs"]] == [stored]
    removed = tengesim("runs", "remove", stored)
    assert (removed.code, removed.err) == (0, "")
    assert tengesim("runs", "list").out == "no runs in runs\n"
    assert tengesim("runs", "remove", stored).code == errors.EXIT_STORE


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "school_mealz"), "did you mean 'school_meals'"),
        (("check", "school_meal"), "did you mean 'school_meals'"),
        (("run", MARKED, "--set", "population.scal=1"), "did you mean 'population.scale'"),
        (("run", MARKED, "--set", "population.scale"), "is not a setting"),
        (("run", MARKED, "--set", "population.scale=many"), "population.scale"),
        (("run", "."), "is not a file"),
    ],
)
def test_findings_end_with_1_and_say_what_was_meant(
    arguments: tuple[str, ...], words: str, tengesim: Command
) -> None:
    """Goal: one line to a person. Method: unknown names, settings and values."""
    ended = tengesim(*arguments)
    assert ended.code == errors.EXIT_FINDINGS
    said = ended.err or ended.out
    assert words in said
    assert said.count("\n") == 1
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("runs",),
        ("nothing",),
        ("run",),
        ("run", MARKED, "--bogus"),
        ("run", MARKED, "--seed", "-1"),
        ("run", MARKED, "--seed", "1.5"),
        ("run", MARKED, "--engine", "quick"),
        ("trace", "run"),
        ("play", "--port", "70000"),
        ("play", "--host", "0.0.0.0"),  # noqa: S104 - refused is the point
    ],
)
def test_misuse_ends_with_2(arguments: tuple[str, ...], tengesim: Command) -> None:
    """Goal: usage. Method: missing, unknown and impossible arguments of each command."""
    ended = tengesim(*arguments)
    assert ended.code == errors.EXIT_USAGE
    assert "Usage" in ended.out + ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.SizeError("too many pupils"), errors.EXIT_SIZE),
        (errors.StoreError("a file is damaged"), errors.EXIT_STORE),
        (errors.DiskError("the disk is full"), errors.EXIT_DISK),
        (KeyboardInterrupt(), errors.EXIT_INTERRUPTED),
    ],
)
def test_each_error_of_ours_ends_with_its_code_and_one_line(
    error: BaseException, code: int, tengesim: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: exit codes of design §10. Method: raise each where scenarios are loaded."""
    import tengesim.scenario.load as loading

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(loading, "load_scenario", fail)
    ended = tengesim("run", MARKED, "--json")
    assert (ended.code, ended.out) == (code, "")
    assert str(error) in ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("kind", [errors.InvariantError, RuntimeError])
def test_the_unexpected_ends_with_70_and_a_file_that_tells_all(
    kind: type[Exception],
    tengesim: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Goal: a report can be written. Method: a failing run; what stands on file."""
    import tempfile

    import tengesim.engine.run as running

    def fail(*_: object, **__: object) -> None:
        raise kind("money is missing")

    monkeypatch.setattr(running, "simulate", fail)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = tengesim("run", MARKED, *TINY, "--json")
    assert (ended.code, ended.out) == (errors.EXIT_INVARIANT, "")
    assert "money is missing" in ended.err
    assert "Traceback" not in ended.err
    command = f"tengesim run {MARKED}"
    assert f"reproduce with: {command}" in ended.err
    crash = Path(ended.err.splitlines()[-1].removeprefix("details: "))
    text = crash.read_text(encoding="utf-8")
    assert text.startswith(command)
    assert "Traceback" in text
    assert f"{kind.__name__}: money is missing" in text
