"""One scenario and seed are one log and one set of files, whatever the machine around them says.

Each run is a program of its own, because hash seeds, time zones, locales and processor features
are fixed when a program starts.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from packaging.version import Version

from tengesim.scenario.digest import resolved_yaml
from tengesim.store.layout import HASHED_FILES, MANIFEST_FILE
from tests.packaging.fresh import Interpreter, interpreters
from tests.worlds import ARMS, MARKED, SMALL, WALLET, run_of, small, texts, with_programme

ROOT: Final = Path(__file__).resolve().parents[2]
TINY: Final = tuple(part for setting in SMALL for part in ("--set", setting))
CPU_FEATURES: Final = "X86_V4 AVX512_ICL"
OLD_CPU_FEATURES: Final = "AVX512F AVX512CD AVX512_SKX AVX512_ICL"
KAZAKH: Final = "kk_KZ.UTF-8"

# Runs the command line after saying which processor features NumPy uses.
MASKED: Final = """
import sys
from numpy._core._multiarray_umath import __cpu_features__ as features
sys.stderr.write(" ".join(name for name, used in features.items() if used) + "\\n")
from tengesim.cli import main
main()
"""


@dataclass(frozen=True)
class Surroundings:
    """What is other about the program that runs the scenario."""

    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    folder: str = "here"


@dataclass(frozen=True)
class Replayed:
    """What a program has left: the log digest, the bytes that are hashed, and its stderr."""

    digest: str
    files: Mapping[str, bytes]
    said: str


def replay(
    arm: str,
    around: Surroundings,
    parent: Path,
    *,
    seed: int = 1,
    python: str = sys.executable,
    script: tuple[str, ...] = ("-m", "tengesim"),
) -> Replayed:
    """Run a small world in a program of its own."""
    folder = parent / around.folder
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            *(python, *around.options, *script, "run", arm, *TINY),
            *("--seed", str(seed), "--out", "out", "--json"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": "0", **around.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    run = folder / answer["run"]
    names = (MANIFEST_FILE, *HASHED_FILES)
    return Replayed(
        answer["digest"], {name: (run / name).read_bytes() for name in names}, done.stderr
    )


@cache
def usual(arm: str, parent: Path) -> Replayed:
    """Return the run that others are compared with."""
    return replay(arm, Surroundings(folder=f"usual {arm}"), parent)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for the runs that several tests compare with."""
    return tmp_path_factory.mktemp("replay")


def kazakh(folder: Path) -> dict[str, str]:
    """Return variables that select a Kazakh locale, made in `folder` where the machine has none."""
    made = ["localedef", "-i", KAZAKH.partition(".")[0], "-f", "UTF-8", str(folder / KAZAKH)]
    variables = {"LC_ALL": KAZAKH, "PYTHONUTF8": "0"}
    if shutil.which("localedef") is not None:
        subprocess.run(made, capture_output=True, check=False)
        variables["LOCPATH"] = str(folder)
    question = "import locale; print(locale.setlocale(locale.LC_ALL, '')); print(f'{1.5:n}')"
    done = subprocess.run(
        [sys.executable, "-c", question],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.stdout.split() != [KAZAKH, "1,5"]:
        pytest.skip(f"this machine has no locale {KAZAKH} and cannot make one")
    return variables


AROUND: Final[Mapping[str, Surroundings]] = {
    "hash seed 1, UTC, one thread": Surroundings(
        {"PYTHONHASHSEED": "1", "TZ": "UTC", "OMP_NUM_THREADS": "1"}
    ),
    "random hash seed, Almaty": Surroundings({"PYTHONHASHSEED": "random", "TZ": "Asia/Almaty"}),
    "New York, C locale, another folder": Surroundings(
        {"TZ": "America/New_York", "LC_ALL": "C"}, folder="deep/not here"
    ),
    "optimised": Surroundings(options=("-O",)),
}


@pytest.mark.parametrize("name", AROUND)
def test_surroundings_change_neither_log_nor_files(name: str, shared: Path, tmp_path: Path) -> None:
    """Goal: R-11. Method: digest and every hashed byte against the usual run."""
    found = replay(MARKED, AROUND[name], tmp_path)
    assert found.digest == usual(MARKED, shared).digest
    assert found.files == usual(MARKED, shared).files


@pytest.mark.parametrize("arm", [arm for arm in ARMS if arm != MARKED])
def test_the_other_arms_replay_as_well(arm: str, shared: Path, tmp_path: Path) -> None:
    """Goal: R-11 for each scenario. Method: everything other at once."""
    around = Surroundings(
        {"PYTHONHASHSEED": "random", "TZ": "America/New_York", "LC_ALL": "C"},
        options=("-O",),
        folder="elsewhere",
    )
    found = replay(arm, around, tmp_path)
    assert found.digest == usual(arm, shared).digest == run_of(arm).digest
    assert found.files == usual(arm, shared).files


def test_a_kazakh_locale_changes_neither_log_nor_files(shared: Path, tmp_path: Path) -> None:
    """Goal: R-11. Method: a locale whose numbers have commas, shown to be in effect."""
    found = replay(MARKED, Surroundings(kazakh(tmp_path)), tmp_path)
    assert found.digest == usual(MARKED, shared).digest
    assert found.files == usual(MARKED, shared).files


def test_a_library_and_a_command_give_one_digest(shared: Path) -> None:
    """Goal: started from anywhere. Method: `simulate` in this program against the command."""
    assert usual(MARKED, shared).digest == run_of(MARKED).digest


def test_another_seed_gives_another_digest(shared: Path, tmp_path: Path) -> None:
    """Goal: digests tell runs apart. Method: seed 2 in the usual surroundings."""
    other = replay(MARKED, Surroundings(), tmp_path, seed=2)
    assert other.digest != usual(MARKED, shared).digest
    assert other.files["events.parquet"] != usual(MARKED, shared).files["events.parquet"]


def masked_features() -> tuple[str, frozenset[str]]:
    """Return which features to switch off, as this NumPy names them, and those it uses now."""
    features = import_module("numpy._core._multiarray_umath").__cpu_features__
    used = frozenset(name for name, is_used in features.items() if is_used)
    names = CPU_FEATURES if Version(np.__version__) >= Version("2.4") else OLD_CPU_FEATURES
    return names, used


def test_a_processor_without_avx_512_gives_the_same_log_and_files(
    shared: Path, tmp_path: Path
) -> None:
    """Goal: R-12. Method: NumPy told to do without it; the mask must have taken effect."""
    names, used = masked_features()
    wanted = set(names.split()) & used
    if not wanted:
        pytest.skip("this processor has no AVX-512 that could be switched off")
    around = Surroundings({"NPY_DISABLE_CPU_FEATURES": names, "PYTHONWARNINGS": "error"})
    found = replay(MARKED, around, tmp_path, script=("-c", MASKED))
    still_used = set(found.said.splitlines()[0].split())
    assert not wanted & still_used
    assert used - still_used >= wanted
    assert found.digest == usual(MARKED, shared).digest
    assert found.files == usual(MARKED, shared).files


@pytest.mark.parametrize("arm", [MARKED, WALLET])
def test_one_more_programme_in_a_file_leaves_unrelated_rows_unchanged(
    arm: str, tmp_path: Path
) -> None:
    """Goal: Done when 4. Method: a scenario file with a second programme; rows as text."""
    import pandas as pd

    both = with_programme(small(arm), "second_breakfast")
    (tmp_path / "both.yaml").write_text(resolved_yaml(both), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tengesim", "run", "both.yaml", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    from tengesim.store.read import open_run

    with open_run(tmp_path / json.loads(done.stdout)["run"]) as stored:
        events = stored.events()
    assert isinstance(events, pd.DataFrame)
    kept = events[events["programme"].astype(str) == "school_meals"]
    assert texts(kept) == texts(run_of(arm).events)
    assert len(events) > len(kept) * 3 // 2


def usable(interpreter: Interpreter) -> bool:
    """Return whether an interpreter has what the engine needs."""
    names = ("numpy", "simpy", "pydantic", "duckdb", "pandas", "ruamel.yaml", "typer", "dash")
    question = "; ".join(f"import {name}" for name in names)
    return (
        subprocess.run(
            [interpreter.path, "-c", question], capture_output=True, check=False
        ).returncode
        == 0
    )


@pytest.mark.slow
def test_other_pythons_give_the_same_log(shared: Path, tmp_path: Path) -> None:
    """Goal: R-12. Method: every other Python of the machine that has the packages."""
    others = [one for one in interpreters() if one.version != sys.version_info[:2] and usable(one)]
    if not others:
        pytest.skip("no other Python of this machine has the packages the engine needs")
    for number, one in enumerate(others):
        around = Surroundings({"PYTHONPATH": str(ROOT / "src")}, folder=str(number))
        found = replay(MARKED, around, tmp_path, python=one.path)
        assert found.digest == usual(MARKED, shared).digest, one.version
