"""Scripts and styles keep to what the Python code keeps to: small, ours, and nothing hidden."""

import re
from pathlib import Path

import pytest

from dashboards import app as dash_app

ASSETS = Path(dash_app.__file__).with_name("assets")
LINES_MAX = 500
FUNCTION_LINES_MAX = 60
TEXTS = sorted(path for path in ASSETS.rglob("*") if path.suffix in {".js", ".css", ".svg"})


def functions(script: str) -> list[tuple[int, int]]:
    """Return first line and length of every function, found by its indented end.

    The whole file is one function by the way scripts are kept apart; it is not counted.
    """
    lines = script.splitlines()
    found = []
    head = re.compile(
        r"^(\s+)(?:async |static |get )*(?:function\b.*|\w+\(.*\) |.*=> )\{$"
        r"|^(\s+).*function \(.*\{$"
    )
    for number, line in enumerate(lines):
        match = head.match(line)
        if match is None:
            continue
        indent = match[1] or match[2]
        closing = re.compile(rf"^{indent}\}}[);,]*")
        end = next((n for n in range(number + 1, len(lines)) if closing.match(lines[n])), number)
        found.append((number + 1, end - number + 1))
    return found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_no_file_is_longer_than_a_sitting(path: Path) -> None:
    """Goal: one file, one reason. Method: count lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES_MAX


@pytest.mark.parametrize("path", sorted(ASSETS.glob("*.js")), ids=lambda path: path.name)
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    """Goal: functions read at a glance. Method: lines from head to closing brace."""
    found = functions(path.read_text(encoding="utf-8"))
    assert found
    assert [(line, length) for line, length in found if length > FUNCTION_LINES_MAX] == []


def test_a_long_function_is_seen() -> None:
    """Goal: the rule can fail. Method: one function of each form, one line too many."""
    body = "    x();\n" * FUNCTION_LINES_MAX
    for head in ("  function f() {", "  page.f = function (a) {", "  const f = (a) => {"):
        planted = f"(function () {{\n{head}\n{body}  }}\n}})();\n"
        assert max(length for _, length in functions(planted)) > FUNCTION_LINES_MAX


def test_scripts_use_no_way_of_running_text() -> None:
    """Goal: nothing from outside becomes code or markup. Method: the sinks, by name."""
    sinks = ("eval(", "new Function", "outerHTML", "insertAdjacentHTML", "document.write", "srcdoc")
    found = {
        (path.name, sink)
        for path in ASSETS.glob("*.js")
        for sink in sinks
        if sink in path.read_text(encoding="utf-8")
    }
    assert found == set()
    # The story is markup of our own server, put into a template that runs nothing.
    inner = [path.name for path in ASSETS.glob("*.js") if "innerHTML" in path.read_text("utf-8")]
    assert inner == ["70_payments.js"]


def test_scripts_are_strict_and_share_one_name() -> None:
    """Goal: no global but one. Method: how every script begins and ends."""
    for path in sorted(ASSETS.glob("*.js")):
        code = re.sub(r"^//.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert code.startswith('(function () {\n  "use strict";'), path.name
        assert code.rstrip().endswith("})();"), path.name


def test_every_icon_is_used_and_there() -> None:
    """Goal: no dead file and no blank button. Method: names in styles against the folder."""
    styles = "".join(path.read_text(encoding="utf-8") for path in ASSETS.glob("*.css"))
    named = set(re.findall(r'url\("icons/([\w-]+)\.svg"\)', styles))
    assert named == {path.stem for path in (ASSETS / "icons").glob("*.svg")}
