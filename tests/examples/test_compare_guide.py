"""The guide to comparisons works as it stands: its commands, its Python, its list of files."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from tengesim import cli, errors
from tengesim.store.campaigns import CAMPAIGN_FILE, TABLE_FILES, list_campaigns, open_campaign
from tengesim.store.layout import TIMING_FILE
from tests.examples.study_numbers import ROOT

GUIDE = (ROOT / "docs/how-to/compare-scenarios.md").read_text(encoding="utf-8")
# Those on few pupils; the study of contracts takes minutes.
COMMANDS = re.findall(r"^(tengesim compare .* --out trial)$", GUIDE, re.MULTILINE)


def test_the_guide_names_every_file_of_a_campaign() -> None:
    """Goal: no file is a surprise. Method: the names of the store against the page."""
    names = {CAMPAIGN_FILE, TIMING_FILE, *TABLE_FILES.values()}
    assert names <= set(re.findall(r"`([\w-]+\.\w+)`", GUIDE))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_commands_and_the_python_of_the_guide_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Goal: a first comparison succeeds. Method: type what the page says, in order."""
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) == 2
    for command in COMMANDS:
        monkeypatch.setattr(sys, "argv", shlex.split(command))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        assert ended.value.code == errors.EXIT_OK, printed.err
        assert "not a forecast" in printed.out
    (code,) = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    found: dict[str, object] = {}
    exec(code, found)  # noqa: S102 - the example of our own page
    assert len(list_campaigns("trial")) == len(COMMANDS)
    headlines = {open_campaign(path).manifest.headline for path in list_campaigns("trial")}
    assert getattr(found["comparison"], "headline", None) in headlines
