"""The dashboard is found beside the code it belongs to, and a namesake is never taken for it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.fresh import ROOT

ASK = "from tengesim.installation import import_dashboards; print(import_dashboards().WHOSE)"


def layout(base: Path, *, checkout: bool, with_dashboards: bool = True) -> Path:
    """Lay out `tengesim` with a dashboard as a checkout or as an installed wheel."""
    packages = base / "src" if checkout else base
    (packages / "tengesim").mkdir(parents=True)
    for name in ("__main__.py", "installation.py"):
        shutil.copy(ROOT / "src" / "tengesim" / name, packages / "tengesim" / name)
    (packages / "tengesim" / "__init__.py").touch()
    if with_dashboards:
        (base / "dashboards").mkdir()
        (base / "dashboards" / "__init__.py").write_text("WHOSE = 'ours'\n", encoding="utf-8")
        (base / "dashboards" / "app.py").write_text("PAGE = 'our page'\n", encoding="utf-8")
    return packages


def namesake(base: Path) -> Path:
    """Return a working folder with a `dashboards` package of its own."""
    folder = base / "study"
    (folder / "dashboards").mkdir(parents=True)
    (folder / "dashboards" / "__init__.py").write_text("WHOSE = 'theirs'\n", encoding="utf-8")
    return folder


def python(code: str, *, cwd: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter whose import path begins with the working folder."""
    program = f"import sys; sys.path.insert(1, {str(path)!r}); {code}"
    command = [sys.executable, "-S", "-c", program]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("checkout", [True, False], ids=["checkout", "wheel"])
def test_a_folder_of_the_same_name_does_not_stand_in(tmp_path: Path, *, checkout: bool) -> None:
    """Goal: our page is shown. Method: a namesake comes first on the path, in both layouts."""
    packages = layout(tmp_path / "installed", checkout=checkout)
    folder = namesake(tmp_path)
    plain = python("import dashboards; print(dashboards.WHOSE)", cwd=folder, path=packages)
    assert plain.stdout == "theirs\n"
    ours = python(ASK, cwd=folder, path=packages)
    assert ours.stdout == "ours\n", ours.stderr


def test_later_plain_imports_reach_the_same_package(tmp_path: Path) -> None:
    """Goal: modules of the dashboard find one another. Method: import a module after the call."""
    packages = layout(tmp_path / "installed", checkout=False)
    code = f"{ASK}; from dashboards.app import PAGE; print(PAGE)"
    assert python(code, cwd=namesake(tmp_path), path=packages).stdout == "ours\nour page\n"


def test_a_namesake_that_is_loaded_already_is_refused(tmp_path: Path) -> None:
    """Goal: no mixture of two packages. Method: load the namesake first."""
    packages = layout(tmp_path / "installed", checkout=False)
    done = python(f"import dashboards; {ASK}", cwd=namesake(tmp_path), path=packages)
    assert done.returncode != 0
    assert "another package named dashboards is loaded" in done.stderr


def test_a_missing_dashboard_is_named_with_the_place_it_was_expected(tmp_path: Path) -> None:
    """Goal: a broken installation explains itself. Method: leave the package out."""
    packages = layout(tmp_path / "installed", checkout=True, with_dashboards=False)
    done = python(ASK, cwd=namesake(tmp_path), path=packages)
    assert done.returncode != 0
    assert "the dashboard is not installed: expected it in" in done.stderr


def test_a_dashboard_that_fails_to_load_leaves_nothing_half_loaded(tmp_path: Path) -> None:
    """Goal: the first error is the one seen. Method: import twice and compare the errors."""
    packages = layout(tmp_path / "installed", checkout=False)
    (packages / "dashboards" / "__init__.py").write_text("1 // 0\n", encoding="utf-8")
    code = (
        "from tengesim.installation import import_dashboards\n"
        "for _ in range(2):\n"
        "    try:\n        import_dashboards()\n"
        "    except ZeroDivisionError:\n        print('seen')\n"
    )
    program = tmp_path / "program.py"
    program.write_text(code, encoding="utf-8")
    done = python(f"exec(open({str(program)!r}).read())", cwd=namesake(tmp_path), path=packages)
    assert done.stdout == "seen\nseen\n", done.stderr


def test_python_dash_m_does_not_import_from_the_working_folder(tmp_path: Path) -> None:
    """Goal: `python -m tengesim` equals `tengesim`. Method: a command line that prints the path."""
    packages = layout(tmp_path / "installed", checkout=False)
    printing = "import sys\ndef main():\n    print(sys.path)\n"
    (packages / "tengesim" / "cli.py").write_text(printing, encoding="utf-8")
    folder = namesake(tmp_path)
    done = subprocess.run(
        [sys.executable, "-S", "-m", "tengesim"],
        cwd=folder,
        env={"PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(folder) not in done.stdout
    assert str(packages) in done.stdout
