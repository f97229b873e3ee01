"""The documentation is part of the program: its commands run, its links lead, its tables are true.

Pages are read as people read them: fenced blocks are commands, scenarios or queries that must work
as they stand, and every figure is one that a named command gives.
"""

import doctest
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from typer.testing import CliRunner

import tengesim
from dashboards.arms import arms_of
from tengesim import errors
from tengesim.cli import app
from tengesim.codes import Evidence
from tengesim.journal.tables import EVENTS
from tengesim.rules.page import rules_page
from tengesim.scenario.digest import scenario_digest
from tengesim.scenario.load import check_scenario
from tengesim.scenario.shipped import shipped_names
from tengesim.store.layout import RESULTS_VERSION, RUN_FILES, folder_name
from tengesim.store.read import StoredRun, open_run
from tengesim.store.write import write_run
from tests.examples.pages import figures, made, parameters
from tests.examples.study_numbers import QUOTED, ROOT, measured, stored

README: Final = ROOT / "README.md"
DOCS: Final = ROOT / "docs"
HOW_TO: Final = DOCS / "how-to"
PAGES: Final = (README, ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md")))
OURS: Final = tuple(page for page in PAGES if "decisions" not in page.parts)
README_LINES_MAX: Final = 200
MEALS_BEFORE_MARKING: Final = ("school_meals_headcount", "school_meals_social_wallet")
TINY: Final = "population.scale=0.002"
UsageError: Final[type[Exception]] = typer.BadParameter.__bases__[0]
FENCE: Final = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
MADE: Final = re.compile(r"<!-- made: \w+ -->.*?<!-- end -->|<!--=\w+-->[^<]*<!--/-->", re.DOTALL)


def named(page: Path) -> str:
    """Return how a page is called in the name of a test."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> Iterator[str]:
    """Yield the fenced blocks of a page that are in one of `languages`, without their indent."""
    for indent, language, content in FENCE.findall(page.read_text(encoding="utf-8")):
        if language in languages:
            yield "".join(line.removeprefix(indent) for line in content.splitlines(keepends=True))


def commands(page: Path) -> list[str]:
    """Return what a page tells to type after `tengesim`, in fenced blocks and within sentences."""
    lines = [line.strip() for block in blocks(page, "") for line in block.splitlines()]
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    lines += re.findall(r"`(tengesim [^`]+)`", prose)
    wanted = (line.partition(" > ")[0] for line in lines if line.startswith("tengesim "))
    return [line.replace("\\|", "|") for line in wanted]


def parse(words: Sequence[str]) -> dict[str, Any]:
    """Return what the command line understands `words` as, or raise UsageError."""
    # Any: some versions of typer bring their own click.
    found: Any = typer.main.get_command(app)
    rest = list(words)
    while hasattr(found, "commands"):
        if not rest or rest[0] not in found.commands:
            raise UsageError(f"no such command: {' '.join(words)}")
        found = found.commands[rest.pop(0)]
    params: dict[str, Any] = found.make_context(words[0], rest).params
    return params


def scenarios(page: Path) -> dict[str, str]:
    """Return the scenarios that a page shows, by the name of the file to save them as."""
    shown = [block for block in blocks(page, "yaml") if "format: 1\n" in block]
    names = (re.search(r"^name: (\w+)$", block, re.MULTILINE) for block in shown)
    return {f"{name[1]}.yaml": block for name, block in zip(names, shown, strict=True) if name}


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """Return the small run that docs/how-to/read-a-run.md asks questions of."""
    scenario = tengesim.load_scenario("school_meals", settings=[TINY])
    return open_run(
        write_run(tengesim.simulate(scenario, seed=1), tmp_path_factory.mktemp("trial"))
    )


# Pages as a whole.


def test_the_readme_is_short() -> None:
    """Goal: it is read to the end. Method: count its lines."""
    assert len(README.read_text(encoding="utf-8").splitlines()) <= README_LINES_MAX


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    """Goal: no dead end. Method: each relative link names a file, each anchor a heading of it."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(target)
    assert dead == []


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors that headings of a page have."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return frozenset(
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings
    )


def test_the_index_leads_to_every_page() -> None:
    """Goal: every page can be found. Method: links of docs/index.md against the folder."""
    index = DOCS / "index.md"
    linked = {
        (DOCS / target.partition("#")[0]).resolve()
        for target in re.findall(r"\]\(([^)\s]+)\)", index.read_text(encoding="utf-8"))
    }
    pages = {page for page in OURS if page != index}
    assert {named(page) for page in pages - linked} == set()


def test_every_shipped_scenario_is_described() -> None:
    """Goal: none is a surprise. Method: the list against README, index and model."""
    for page in (README, DOCS / "index.md", DOCS / "model.md"):
        text = page.read_text(encoding="utf-8")
        assert [name for name in shipped_names() if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize("page", OURS, ids=named)
def test_files_that_are_named_exist(page: Path) -> None:
    """Goal: a reader can open what is named. Method: paths in backticks that start at the root."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    paths = re.findall(r"`((?:src|tests|docs|scenarios|\.ci)/[\w./-]+)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_folder_of_tests_is_explained() -> None:
    """Goal: a developer knows where to look. Method: the folders against the guide."""
    text = (HOW_TO / "test-and-release.md").read_text(encoding="utf-8")
    folders = {path.parent.relative_to(ROOT / "tests").parts[0] for path in folder_tests()}
    assert {name for name in folders if f"`{name}`" not in text} == set()


def folder_tests() -> Iterator[Path]:
    """Yield the test files that lie in a folder of tests/."""
    return (path for path in (ROOT / "tests").rglob("*.py") if path.parent != ROOT / "tests")


# Commands.


@pytest.mark.parametrize("page", OURS, ids=named)
def test_every_command_is_understood(page: Path) -> None:
    """Goal: what is copied works. Method: parse each command with the real command line."""
    refused = []
    for command in commands(page):
        words = shlex.split(command)[1:]
        try:
            parse(words)
        except UsageError as error:
            refused.append(f"{command}: {error}")
    assert refused == []


@pytest.mark.parametrize("words", [["rum", "school_meals"], ["run", "--sed", "1", "school_meals"]])
def test_a_wrong_command_is_noticed(words: list[str]) -> None:
    """Goal: the rule above can fail. Method: a misspelt command, a misspelt option."""
    with pytest.raises(UsageError):
        parse(words)


@pytest.mark.parametrize("page", OURS, ids=named)
def test_every_setting_and_scenario_of_a_command_is_there(page: Path) -> None:
    """Goal: what is copied has no findings. Method: check each shipped scenario with settings."""
    findings: list[str] = []
    for command in commands(page):
        words = shlex.split(command)[1:]
        if words[0] not in {"check", "run", "play"}:
            continue
        found = parse(words)
        asked = found.get("subjects") or [found.get("scenario") or "SCENARIO"]
        # A word in capitals stands for any; files and runs of the page have tests of their own.
        for name in (name for name in asked if re.fullmatch(r"[a-z_]+", name)):
            settings = found.get("settings") or ()
            findings += [one.render() for one in check_scenario(name, settings=settings)]
    assert findings == []


def test_the_guide_to_a_run_works_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: a first analysis succeeds. Method: type the commands of the guide in order."""
    monkeypatch.chdir(tmp_path)
    typed = [
        line
        for block in blocks(HOW_TO / "read-a-run.md", "")
        for line in block.splitlines()
        if line.startswith("tengesim ")
    ]
    assert [shlex.split(line)[1] for line in typed] == ["run", "runs", "verify", "run", "trace"]
    for line in typed:
        answer = CliRunner().invoke(app, shlex.split(line)[1:])
        assert (line, answer.exit_code) == (line, errors.EXIT_OK)


@pytest.mark.parametrize("page", [README, HOW_TO / "write-a-scenario.md"], ids=named)
def test_every_scenario_that_is_shown_has_no_findings(page: Path, tmp_path: Path) -> None:
    """Goal: examples can be saved and run. Method: save each, and check it as a file."""
    shown = scenarios(page)
    assert shown
    for name, text in shown.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert [one.render() for one in check_scenario(tmp_path / name)] == []


def test_the_commands_about_files_name_files_that_are_shown() -> None:
    """Goal: no step is left out. Method: file names in commands against scenarios on the page."""
    for page in (README, HOW_TO / "write-a-scenario.md"):
        asked = set(re.findall(r"\w+\.yaml", " ".join(commands(page))))
        assert asked <= set(scenarios(page))
        assert asked


def test_every_run_that_is_named_is_the_run_of_today(tmp_path: Path) -> None:
    """Goal: names can be copied. Method: names of run folders against the scenarios' digests."""
    (copy, text), *_ = scenarios(README).items()
    (tmp_path / copy).write_text(text, encoding="utf-8")
    loaded = [
        tengesim.load_scenario("school_meals", settings=[TINY]),
        tengesim.load_scenario(tmp_path / copy),
    ]
    known = {quoted.folder for quoted in QUOTED.values()}
    known |= {folder_name(one.name, scenario_digest(one), 1) for one in loaded}
    for page in OURS:
        names = set(re.findall(r"\b\w+-[0-9a-f]{12}-s\d+\b", page.read_text(encoding="utf-8")))
        assert (named(page), names - known) == (named(page), set())


def test_runs_are_played_side_by_side(trial: StoredRun, tmp_path: Path) -> None:
    """Goal: the copy is seen beside the original. Method: the arms of two run folders."""
    (copy, text), *_ = scenarios(README).items()
    (tmp_path / copy).write_text(text, encoding="utf-8")
    changed = tengesim.load_scenario(tmp_path / copy, settings=[TINY])
    folder = write_run(tengesim.simulate(changed, seed=1), trial.path.parent)
    arms = arms_of([trial.path.name, folder.name], trial.path.parent)
    assert [arm.folder for arm in arms] == [trial.path, folder]


def test_a_copy_without_a_name_takes_its_place_among_the_arms(tmp_path: Path) -> None:
    """Goal: a variant can be seen within the study. Method: the arms of a copy without a name."""
    copy = tmp_path / "copy.yaml"
    copy.write_text("format: 1\nextends: school_meals\ntitle: A copy\n", encoding="utf-8")
    arms = arms_of([str(copy)], tmp_path)
    assert [arm.scenario for arm in arms] == [*MEALS_BEFORE_MARKING, str(copy)]


# Code and queries.


def test_the_example_of_the_readme_runs() -> None:
    """Goal: the Python example is true. Method: run it as a doctest."""
    results = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert results.attempted > 0
    assert results.failed == 0


def test_every_query_runs(trial: StoredRun) -> None:
    """Goal: queries can be copied. Method: run each on the small run; each has an answer."""
    queries = list(blocks(HOW_TO / "read-a-run.md", "sql"))
    assert len(queries) > 3
    assert [query for query in queries if trial.query(query).empty] == []


def test_the_query_by_path_runs(trial: StoredRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: DuckDB reads the files where they lie. Method: run the example beside the run."""
    inside, example = blocks(HOW_TO / "read-a-run.md", "python")
    assert "run.query(" in inside
    here = example.replace("trial/", f"{trial.path.parent}/")
    answer = subprocess.run(
        [sys.executable, "-c", here], check=True, capture_output=True, text=True
    )
    assert "distribute" in answer.stdout


def test_the_benchmark_says_what_it_measured() -> None:
    """Goal: the figures name their machine. Method: run the script at the least scale."""
    script = ROOT / "tests" / "benchmarks" / "full_month.py"
    answer = subprocess.run(
        [sys.executable, str(script), "--scale", "0.001"],
        check=True,
        capture_output=True,
        text=True,
    )
    for word in ("machine", "NumPy", "payments", "simulate", "payments per second", "GiB"):
        assert word in answer.stdout


# What is said about the program.


def test_the_columns_files_and_flags_are_those_of_the_program() -> None:
    """Goal: the guide to a run is complete. Method: its names against the code's."""
    text = (HOW_TO / "read-a-run.md").read_text(encoding="utf-8")
    table = text.split("## Columns of the log")[1].split("## How rows add up")[0]
    assert re.findall(r"`(\w+)`", "".join(row_heads(table))) == list(EVENTS)
    assert {file for file in RUN_FILES if f"`{file}`" not in text} == set()
    flags = re.search(r"Flags of `evidence`:(.*?)\.\n", table, re.DOTALL)
    assert flags is not None
    assert [int(number) for number in re.findall(r"\d+", flags[1])] == [f.value for f in Evidence]


def row_heads(table: str) -> Iterator[str]:
    """Yield the first cell of each row of a Markdown table."""
    for line in table.splitlines():
        if line.startswith("| `"):
            yield line.split("|")[1]


def test_the_readme_names_every_exit_code_and_file() -> None:
    """Goal: scripts can rely on it. Method: constants and run files against the text."""
    text = README.read_text(encoding="utf-8")
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert {int(code) for code in re.findall(r"\*\*(\d+)\*\*", text)} == codes
    assert {file for file in RUN_FILES if f"`{file}`" not in text} == set()


def test_every_command_of_the_program_is_in_the_readme() -> None:
    """Goal: none is hidden. Method: the commands against the table."""
    text = README.read_text(encoding="utf-8")
    group: Any = typer.main.get_command(app)
    assert [name for name in group.commands if f"`tengesim {name}" not in text] == []


def test_the_rules_page_covers_the_rules_of_the_model() -> None:
    """Goal: whoever reads the model can look each rule up. Method: kinds used against the page."""
    book = QUOTED["marked"].load().rule_books["meals_marked"]
    kinds = {rule.condition.kind for rule in book.rules}
    assert {kind for kind in kinds if f"`{kind}`" not in rules_page()} == set()


# Figures.


@pytest.mark.parametrize("page", OURS, ids=named)
def test_made_parts_are_made_of_what_is_so_today(page: Path) -> None:
    """Goal: tables and figures are current. Method: make them again and compare.

    To write them: python -m tests.examples.pages
    """
    text = page.read_text(encoding="utf-8")
    assert made(text) == text


def test_the_figures_are_of_the_scenarios_of_today() -> None:
    """Goal: old figures are noticed at once. Method: digests and version of what was run.

    To run again: python -m tests.examples.study_numbers
    """
    figures_said = stored()
    assert figures_said["results_version"] == RESULTS_VERSION
    runs = {name: run["run"] for name, run in figures_said["runs"].items()}
    assert runs == {name: quoted.folder for name, quoted in QUOTED.items()}
    said = {name: run["command"] for name, run in figures_said["runs"].items()}
    assert said == {name: quoted.command for name, quoted in QUOTED.items()}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_figures_are_those_of_the_runs() -> None:
    """Goal: every figure can be had again. Method: run all that is quoted at its default scale."""
    assert measured() == stored()


@pytest.mark.parametrize("page", [README, *sorted(DOCS.rglob("school_meals/*.md"))], ids=named)
def test_no_large_number_in_a_sentence_is_without_its_run(page: Path) -> None:
    """Goal: no figure is typed in. Method: numbers above 999 outside made parts must be inputs."""
    text = MADE.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))
    inputs = {
        *(number for one in parameters() for number in grouped(one.value)),
        *("11,100", "1,000", "200,000"),
    }
    assert set(grouped(text)) - inputs - set(figures().values()) == set()


def grouped(text: str) -> list[str]:
    """Return the numbers with grouped digits in a text."""
    return re.findall(r"\d{1,3}(?:,\d{3})+", text)
