"""No file of the project names a package registry or a folder of somebody's machine.

Either would tie a build to one place: a registry address to one index, a machine path to one
computer. The patterns are put together from pieces so that this file does not match itself.
"""

import re
import shutil
import subprocess

import pytest

from tests.architecture.source import ROOT

REGISTRY = re.compile(
    "|".join(
        [
            r"py" + r"pi\.org",
            r"python" + r"hosted\.org",
            r"registry\." + r"(?:npmjs|yarnpkg)\.",
            r"conda\." + r"anaconda\.org",
            r"--(?:extra-)?" + r"index-url",
            r"(?:https?|file)://\S+/" + r"simple\b",
        ]
    )
)
MACHINE_FOLDERS = ("home", "mnt", "opt", "private", "root", "tmp", "Users", "work")
MACHINE_PATH = re.compile(r"(?<![\w.\-\]})*>])/(?:" + "|".join(MACHINE_FOLDERS) + r")/\w")


def tracked_texts() -> dict[str, str]:
    """Return the text of every file under version control, pictures and the like left out."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout, so nothing is tracked")
    listed = subprocess.run(
        [git, "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=True
    )
    found = {}
    for name in listed.stdout.decode("utf-8").split("\0"):
        path = ROOT / name
        if name and path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                found[name] = content.decode("utf-8")
    return found


def matches(pattern: re.Pattern[str]) -> list[str]:
    """Return each tracked line that matches, as `path:line: text`."""
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in tracked_texts().items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_tracked_file_names_a_package_registry() -> None:
    """Goal: the project installs from any index. Method: known hosts and options."""
    assert matches(REGISTRY) == []


def test_no_tracked_file_names_a_folder_of_a_machine() -> None:
    """Goal: the project runs anywhere. Method: absolute paths below well-known folders."""
    assert matches(MACHINE_PATH) == []


def test_no_lock_file_is_tracked() -> None:
    """Goal: registry addresses stay out. Method: the lock files that would hold them."""
    locks = {"package-lock.json", "pylock.toml", "uv.lock"}
    assert {name for name in tracked_texts() if name.rsplit("/", 1)[-1] in locks} == set()


@pytest.mark.parametrize(
    "line",
    ["https://files.python" + "hosted.org/x", "--index" + "-url x", "file:///x/" + "simple y"],
)
def test_an_address_of_a_registry_is_found(line: str) -> None:
    """Goal: the rule can fail. Method: lines as tools write them."""
    assert REGISTRY.search(line)


def test_a_machine_path_is_found_and_an_address_is_not() -> None:
    """Goal: the rule can fail and does not cry wolf. Method: a path, and a web page."""
    assert MACHINE_PATH.search('open("/' + 'home/aigerim/x")')
    assert not MACHINE_PATH.search("https://example.kz/home/page and src/work/x")
