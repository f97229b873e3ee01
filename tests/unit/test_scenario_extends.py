"""Claims about scenarios that extend others: what is inherited, from where, and who wrote it."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from tengesim.errors import Finding, ScenarioError
from tengesim.parameter import Amount, Count, Identifier, Section, Sourced
from tengesim.scenario.load import CHAIN_MAX, load_model, load_scenario
from tengesim.scenario.shipped import shipped, shipped_names
from tengesim.scenario.text import Budget, read_document, read_known

Write = Callable[[str, str], Path]


class Bus(Section):
    """One kind of vehicle."""

    kind: Literal["bus"]
    seats: Count


class Taxi(Section):
    """Another kind, with other keys."""

    kind: Literal["taxi"]
    meter: bool


class Small(Section):
    """A small scenario with one of each thing that can be inherited."""

    format: Literal[1]
    name: Identifier = "small"
    seats: Count = 0
    mci: Amount | None = None
    fare: Sourced[Amount] | None = None
    stops: tuple[Identifier, ...] = ()
    vehicle: Annotated[Bus | Taxi, Field(discriminator="kind")] | None = None
    depots: dict[Identifier, Bus] = Field(default_factory=dict)

    def check(self) -> list[tuple[str, Finding]]:
        """Complain about a name, to see where the complaint is placed."""
        if self.name == "wrong":
            return [("name", Finding("VALUE", "the name is wrong"))]
        return []


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a scenario of the format and returns its path."""

    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"format: 1\n{text}", encoding="utf-8")
        return path

    return written


def load(path: Path, *settings: str) -> Small:
    """Load a small scenario; its folder is the library too."""
    library = path.parent / "library"
    library.mkdir(exist_ok=True)
    return load_model(Small, path, settings=settings, library=library)


def refused(path: Path, *settings: str) -> list[Finding]:
    """Return the findings about a small scenario."""
    with pytest.raises(ScenarioError) as error:
        load(path, *settings)
    return list(error.value.findings)


def test_a_child_wins_key_by_key_and_replaces_lists(write: Write) -> None:
    """Sections are merged at every depth; a list is what the child says, all of it."""
    write("base.yaml", "seats: 5\nstops: [a, b]\ndepots: {x: {kind: bus, seats: 1}}\n")
    child = write(
        "child.yaml",
        "extends: base.yaml\nstops: [c]\ndepots:\n  x: {seats: 2}\n  y: {kind: bus, seats: 3}\n",
    )
    small = load(child)
    assert (small.seats, small.stops) == (5, ("c",))
    assert {name: bus.seats for name, bus in small.depots.items()} == {"x": 2, "y": 3}


def test_a_section_of_another_kind_is_replaced(write: Write) -> None:
    """The keys of the other kind mean nothing here, and nobody could remove them."""
    write("base.yaml", "vehicle: {kind: bus, seats: 5}\n")
    child = write("child.yaml", "extends: base.yaml\nvehicle: {kind: taxi, meter: true}\n")
    assert load(child).vehicle == Taxi(kind="taxi", meter=True)


def test_a_value_of_a_sourced_section_keeps_its_source(write: Write) -> None:
    """A child may change the value alone."""
    write("base.yaml", "fare: {value: 90 KZT, low: 80 KZT, high: 150 KZT, source: assumption}\n")
    child = write("child.yaml", "extends: base.yaml\nfare:\n  value: 100 KZT\n")
    fare = load(child).fare
    assert fare is not None
    assert (fare.value, fare.source) == (10_000, "assumption")


def test_a_finding_names_the_file_that_wrote_the_value(write: Write) -> None:
    """Through two files, each mistake is placed where its author made it."""
    write("base.yaml", "seats: -5\nstops: [a]\n")
    child = write("child.yaml", "extends: base.yaml\n\nstops: 3\n")
    found = [(Path(one.file or "").name, one.line, one.path) for one in refused(child)]
    assert found == [("base.yaml", 2, "seats"), ("child.yaml", 4, "stops")]


def test_what_is_missing_is_placed_at_the_last_who_wrote_the_section(write: Write) -> None:
    """A key that nobody wrote has no line; its section has."""
    write("base.yaml", "\n\ndepots:\n  x: {kind: bus}\n")
    child = write("child.yaml", "extends: base.yaml\ndepots:\n  y: {kind: bus}\n")
    found = [(Path(one.file or "").name, one.line, one.path) for one in refused(child)]
    assert found == [("base.yaml", 5, "depots.x.seats"), ("child.yaml", 4, "depots.y.seats")]


def test_a_check_of_the_whole_is_placed_by_its_path(write: Write) -> None:
    """What a model finds wrong about itself is shown at the line that says it."""
    write("base.yaml", "name: wrong\n")
    child = write("child.yaml", "extends: base.yaml\nseats: 1\n")
    (found,) = refused(child)
    assert (found.code, found.line, found.path) == ("VALUE", 2, "name")
    assert Path(found.file or "").name == "base.yaml"


def test_amounts_in_mci_take_their_worth_from_the_scenario(write: Write) -> None:
    """An inherited amount follows the MCI of the scenario that is loaded."""
    fare = "fare: {value: 3 MCI, source: https://example.org/act}\n"
    write("base.yaml", f"mci: 3932 KZT\n{fare}")
    child = write("child.yaml", "extends: base.yaml\nmci: 4325 KZT\n")
    loaded = load(child).fare
    assert loaded is not None
    assert loaded.value == 1_297_500


def test_names_mean_the_library_and_paths_the_folder(write: Write) -> None:
    """A name without suffix is a shipped scenario, whatever lies beside the file."""
    write("library/base.yaml", "seats: 1\n")
    write("base.yaml", "seats: 2\n")
    write("below/base.yaml", "extends: ../base.yaml\nname: below\n")
    by_name = write("by_name.yaml", "extends: base\n")
    by_path = write("by_path.yaml", "extends: below/base.yaml\n")
    assert load(by_name).seats == 1
    assert (load(by_path).seats, load(by_path).name) == (2, "below")


def test_a_link_out_of_the_folder_is_not_followed(write: Write, tmp_path: Path) -> None:
    """The link is judged by where it leads."""
    outside = write("outside/base.yaml", "seats: 1\n")
    inside = write("inside/child.yaml", "extends: base.yaml\n")
    try:
        (tmp_path / "inside" / "base.yaml").symlink_to(outside)
    except OSError:
        pytest.skip("this system does not let us make links")
    assert [one.code for one in refused(inside)] == ["PATH_OUTSIDE"]


def test_a_link_that_leads_to_itself_is_refused(write: Write, tmp_path: Path) -> None:
    """No file is there, and looking for it ends."""
    child = write("child.yaml", "extends: loop.yaml\n")
    try:
        (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    except OSError:
        pytest.skip("this system does not let us make links")
    assert [one.code for one in refused(child)] in (["PATH_OUTSIDE"], ["UNKNOWN_SCENARIO"])


@pytest.mark.parametrize(("count", "codes"), [(CHAIN_MAX, []), (CHAIN_MAX + 1, ["EXTENDS_DEPTH"])])
def test_a_chain_has_at_most_twelve_scenarios(write: Write, count: int, codes: list[str]) -> None:
    """Twelve are read, thirteen are refused."""
    write("s1.yaml", "seats: 7\n")
    for number in range(2, count + 1):
        write(f"s{number}.yaml", f"extends: s{number - 1}.yaml\n")
    last = Path(write(f"s{count}.yaml", f"extends: s{count - 1}.yaml\n"))
    assert ([one.code for one in refused(last)] if codes else load(last).seats) == (codes or 7)


def test_all_files_of_a_chain_share_one_budget(write: Write) -> None:
    """Twelve files of the largest size would cost twelve times the largest cost."""
    long = "# " + "x" * 600_000 + "\n"
    write("base.yaml", long)
    child = write("child.yaml", f"extends: base.yaml\n{long}")
    (found,) = refused(child)
    assert (found.code, Path(found.file or "").name) == ("FILE_TOO_LARGE", "base.yaml")


def test_files_of_the_library_share_the_budget_whenever_they_are_read(write: Write) -> None:
    """Goal: what is known costs the same. Method: one file that fits alone, not below another."""
    write("library/base.yaml", "# " + "x" * 600_000 + "\n")
    alone = write("alone.yaml", "extends: base\n")
    beside = write("beside.yaml", "extends: base\n# " + "x" * 600_000 + "\n")
    for _ in range(2):
        assert load(alone).seats == 0
        assert [one.code for one in refused(beside)] == ["FILE_TOO_LARGE"]


def test_a_file_of_the_library_is_read_again_when_it_has_changed(write: Write) -> None:
    """Goal: nothing stale. Method: other text in the same file, then a mistake, seen each time."""
    child = write("child.yaml", "extends: base\n")
    seats = []
    for text in ("seats: 1\n", "seats: 2\n", "seats: 1\n"):
        write("library/base.yaml", text)
        seats.append(load(child).seats)
    assert seats == [1, 2, 1]
    write("library/base.yaml", "seats: [1\n")
    assert [[one.code for one in refused(child)] for _ in range(2)] == [["SYNTAX"]] * 2


@pytest.mark.parametrize("name", shipped_names())
def test_a_known_file_is_what_a_reader_makes_of_it_anew(name: str) -> None:
    """Goal: no scenario changes what others extend. Method: loads, then trees and costs."""
    for settings in ([], ["population.scale=0.5", "name=another"]):
        with contextlib.suppress(ScenarioError):
            load_scenario(name, settings=settings)
    content, file = (shipped() / f"{name}.yaml").read_bytes(), f"{name}.yaml"
    known, anew = Budget(), Budget()
    assert read_known(content, file, known) == read_document(content, file, anew)
    assert known == anew != Budget()


def test_a_mistake_in_a_base_does_not_hide_one_in_the_child(write: Write) -> None:
    """A base that cannot be read leaves out keys, and only that is not complained about."""
    write("base.yaml", "vehicle: {kind: bus, seats: 1\n")
    child = write("child.yaml", "extends: base.yaml\nvehicle: {kind: bus}\nseats: -1\n")
    found = refused(child)
    assert [one.code for one in found] == ["SYNTAX", "COUNT_VALUE"]


def test_a_scenario_without_extends_needs_no_library(tmp_path: Path, write: Write) -> None:
    """A file alone is complete."""
    path = write("alone.yaml", "seats: 3 places\n")
    assert load_model(Small, path, library=tmp_path).seats == 3
    assert load_model(Small, str(path), library=tmp_path).seats == 3
    assert load_model(Small, "alone", library=tmp_path).seats == 3
