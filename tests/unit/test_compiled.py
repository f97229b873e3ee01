"""Where machine code is kept, and that it belongs to what it was made of.

Folders that cannot be written stand as files in the place of a folder, which stops even root.
Fresh processes show what a first and a second start do: slow, since they compile.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tengesim import compiled

_WORLD = ("--set", "population.scale=0.002")


def _stated(monkeypatch: pytest.MonkeyPatch, **variables: str | None) -> None:
    for name in ("TENGESIM_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        if value is not None:
            monkeypatch.setenv(name, value)


def test_the_stated_folder_keeps_compiled_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: `TENGESIM_CACHE` decides. Method: name a folder that is not there yet."""
    _stated(monkeypatch, TENGESIM_CACHE=str(tmp_path / "new" / "cache"))
    folder = compiled.cache_folder()
    assert folder is not None
    assert folder.is_dir()
    assert folder.parent == tmp_path / "new" / "cache"


def test_a_home_that_cannot_be_written_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: no home, no failure. Method: a file where the home should be."""
    home = tmp_path / "home"
    home.write_text("not a folder")
    (tmp_path / "temporary").mkdir()
    _stated(monkeypatch, HOME=str(home), USERPROFILE=str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    folder = compiled.cache_folder()
    assert folder is not None
    assert folder.parent.parent == tmp_path / "temporary"


def test_nothing_is_kept_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: it is said that there is no folder. Method: files in the place of every folder."""
    blocked = tmp_path / "blocked"
    blocked.write_text("not a folder")
    _stated(monkeypatch, TENGESIM_CACHE=str(blocked))
    assert compiled.cache_folder() is None
    _stated(monkeypatch, HOME=str(blocked), USERPROFILE=str(blocked))
    monkeypatch.setattr(tempfile, "tempdir", str(blocked))
    assert compiled.cache_folder() is None


@pytest.mark.parametrize("module", compiled.COMPILED_MODULES)
def test_the_folder_changes_with_the_text_of_every_compiled_module(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: nothing stale is loaded. Method: one comment more in a copy of each module in turn."""
    source = Path(compiled.__file__).parent
    for name in compiled.COMPILED_MODULES:
        copy = tmp_path / f"{name}.py"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((source / f"{name}.py").read_bytes())
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    _stated(monkeypatch, TENGESIM_CACHE=str(tmp_path / "cache"))
    before = compiled.cache_folder()
    assert compiled.cache_folder() == before
    with (tmp_path / f"{module}.py").open("a") as changed:
        changed.write("# one more\n")
    assert compiled.cache_folder() != before


def test_a_constant_makes_no_further_form_of_a_function() -> None:
    """Goal: each function is compiled once. Method: call one with two constants and a number."""
    if not compiled.is_compiled():
        pytest.skip("nothing is compiled")

    def raised(number: int, by: int) -> int:
        return number + by

    inner = compiled.lean(raised)

    def raised_thrice(number: int) -> int:
        return int(inner(inner(inner(number, 1), 2), number))

    assert compiled.lean(raised_thrice)(4) == 11
    assert len(inner.signatures) == 1  # type: ignore[attr-defined]


def _start(cache: Path, to: Path) -> subprocess.Popen[bytes]:
    code = (
        "from tengesim.scenario.load import load_scenario\n"
        "from tengesim.engine.run import simulate\n"
        f"scenario = load_scenario('school_meals', settings=['{_WORLD[1]}'])\n"
        f"open({str(to)!r}, 'w').write(simulate(scenario).digest)\n"
    )
    variables = {**os.environ, "TENGESIM_CACHE": str(cache)}
    return subprocess.Popen([sys.executable, "-c", code], env=variables)


def _children_s() -> float:
    """Return the processor time of all processes that were started here and have ended."""
    found = os.times()
    return found.children_user + found.children_system


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_first_starts_at_once_agree_and_leave_a_sound_folder(tmp_path: Path) -> None:
    """Goal: processes share the folder. Method: two with an empty one, then one more, in time."""
    cache = tmp_path / "cache"
    begun_s = _children_s()
    started = [_start(cache, tmp_path / name) for name in ("first", "second")]
    assert [process.wait(timeout=600) for process in started] == [0, 0]
    cold_s = _children_s() - begun_s
    kept = sorted(path.name for path in cache.rglob("*.nbc"))
    assert _start(cache, tmp_path / "third").wait(timeout=600) == 0
    assert _children_s() - begun_s - cold_s < cold_s / 3
    assert sorted(path.name for path in cache.rglob("*.nbc")) == kept
    digests = {(tmp_path / name).read_text() for name in ("first", "second", "third")}
    assert len(digests) == 1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_folder_that_cannot_be_written_still_lets_a_run_end(tmp_path: Path) -> None:
    """Goal: without a folder all is compiled each time. Method: compare with one that has one."""
    blocked = tmp_path / "blocked"
    blocked.write_text("not a folder")
    assert _start(blocked, tmp_path / "without").wait(timeout=600) == 0
    assert _start(tmp_path / "cache", tmp_path / "with").wait(timeout=600) == 0
    assert (tmp_path / "without").read_text() == (tmp_path / "with").read_text()
