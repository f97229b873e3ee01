"""Every number of a report is the one in the file it names, and none is without a file."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import tengesim as ts
from tengesim.report.choose import report_text
from tengesim.report.document import document, p
from tengesim.report.markup import markup
from tengesim.report.numbers import cited
from tengesim.scenario.load import load_upload
from tengesim.scenario.model import Scenario
from tengesim.store.campaigns import StoredCampaign
from tengesim.store.read import StoredRun, open_run
from tests.campaigns import week
from tests.report_numbers import Files, Page, numbers_in, read_page

ARMS = ("school_meals_headcount", "school_meals_social_wallet", "school_meals")
FORMS = ("full", "fiscal")


def files_of(campaign: StoredCampaign) -> Files:
    """Return the files of a campaign with the full runs of its arms."""
    arms = (campaign.manifest.base, *campaign.manifest.variants)
    return Files(
        {arm: _scenario(campaign.scenario_text(arm)) for arm in arms},
        {arm: open_run(campaign.run_path(arm)) for arm in arms},
        campaign,
    )


def _scenario(text: str) -> Scenario:
    return load_upload(text.encode(), name="scenario.yaml")


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> StoredCampaign:
    """Return a small campaign of the three arms, made as everybody makes one."""
    out = tmp_path_factory.mktemp("compared")
    arms = [week(name) for name in ARMS]
    return ts.compare(*arms, replications=3, draws=10, workers=1, out=out).stored


@pytest.fixture(scope="module")
def run(campaign: StoredCampaign) -> Iterator[StoredRun]:
    """Return the full run of the arm with marked money."""
    with open_run(campaign.run_path("school_meals")) as opened:
        yield opened


def campaign_page(campaign: StoredCampaign, form: str) -> Page:
    """Return a report of the campaign as its reader sees it."""
    return read_page(report_text(str(campaign.path), "runs", is_fiscal=form == "fiscal"))


def run_page(run: StoredRun, form: str) -> Page:
    """Return a report of the run as its reader sees it."""
    return read_page(report_text(str(run.path), "runs", is_fiscal=form == "fiscal"))


@pytest.mark.parametrize("form", FORMS)
def test_every_number_about_a_campaign_is_that_of_its_file(
    campaign: StoredCampaign, form: str
) -> None:
    """Goal: the report invents nothing. Method: each number read back, against the file."""
    page = campaign_page(campaign, form)
    assert len(page.cited()) > 60
    assert files_of(campaign).disagreements(page) == []


@pytest.mark.parametrize("form", FORMS)
def test_every_number_about_a_run_is_that_of_its_file(run: StoredRun, form: str) -> None:
    """Goal: the same for a run. Method: the same."""
    scenario = _scenario(run.scenario_text)
    page = run_page(run, form)
    assert len(page.cited()) > 20
    assert Files({scenario.name: scenario}, {scenario.name: run}).disagreements(page) == []


@pytest.mark.parametrize("form", FORMS)
def test_no_number_is_without_a_file(campaign: StoredCampaign, run: StoredRun, form: str) -> None:
    """Goal: nothing is typed in by hand. Method: texts with digits outside cited elements."""
    assert campaign_page(campaign, form).uncited_numbers() == []
    assert run_page(run, form).uncited_numbers() == []


def test_a_number_that_differs_from_its_file_is_found(campaign: StoredCampaign) -> None:
    """Goal: the comparison can fail. Method: numbers one digit off, of several files."""
    files = files_of(campaign)
    page = campaign_page(campaign, "full")
    tried = set()
    for piece in page.cited():
        if piece.source in {"axis", "catalogue", "program"} or piece.source in tried:
            continue
        digits = [place for place, each in enumerate(piece.text) if each.isdigit()]
        if not digits or (piece.source == "scenario.yaml" and "path" not in piece.keys):
            continue
        place = digits[0]
        other = str((int(piece.text[place]) + 1) % 10)
        wrong = replace(piece, text=piece.text[:place] + other + piece.text[place + 1 :])
        assert files.agrees(piece)
        if not _agrees(files, wrong):
            tried.add(piece.source)
    expected = {"summary.parquet", "pairs.parquet", "changes.parquet", "campaign.json"}
    assert expected <= tried


def _agrees(files: Files, piece: object) -> bool:
    try:
        return files.agrees(piece)  # type: ignore[arg-type]
    except ValueError:
        return False


def test_a_number_without_a_file_is_found() -> None:
    """Goal: the search can fail. Method: one planted number, and one that is cited."""
    html = document("t", [p("These are 3."), p(cited("4", "x"))], standing="s")
    assert read_page(html).uncited_numbers() == ["These are 3."]


def test_changing_one_lever_shows_exactly_that_lever(tmp_path: Path) -> None:
    """Goal: what differs is neither more nor less than what was changed. Method: change one."""
    path = "behaviour.school_meals.second_scan"
    base, changed = week("school_meals"), week("school_meals", f"{path}.value=70 %")
    made = ts.compare(base, changed, replications=1, draws=0, workers=1, out=tmp_path)
    (variant,) = made.manifest.variants
    assert [one.path for one in made.manifest.levers[variant]] == [path]
    page = read_page(report_text(str(made.path), str(tmp_path)))
    rows = page.text().split("Entry of the scenario")[1].split("Both kinds of error")[0]
    assert rows.split() == ["Base", "Variant", path, "60", "%", "70", "%"]


def test_the_answer_comes_first_and_every_part_is_there(campaign: StoredCampaign) -> None:
    """Goal: the order in which a board reads. Method: the headings of the document."""
    headings = campaign_page(campaign, "full").headings
    assert headings == [
        campaign.manifest.question,
        "The answer",
        "What was changed",
        "Both kinds of error",
        "How sure the differences are",
        "What the evidence does, and what marking does",
        *(["What the answer depends on"] if campaign.manifest.influence else []),
        "Which payments changed",
        "All measures",
        "What is assumed",
        "What the measures mean",
        "Every number and its source",
        "Do it again",
    ]


def test_every_assumption_stands_with_its_range(campaign: StoredCampaign) -> None:
    """Goal: nothing assumed is left out. Method: the manifest against the page."""
    pieces = [
        piece
        for piece in campaign_page(campaign, "full").cited()
        if piece.keys.get("key", "").startswith("assumptions.")
    ]
    shown = {piece.keys["key"] for piece in pieces}
    for number in range(len(campaign.manifest.assumptions)):
        assert {f"assumptions.{number}.{end}" for end in ("low", "value", "high")} <= shown


@pytest.mark.parametrize("form", FORMS)
def test_a_report_says_that_it_is_no_forecast(
    campaign: StoredCampaign, run: StoredRun, form: str
) -> None:
    """Goal: nobody takes it for one. Method: the words in the main part of each form."""
    assert "not a forecast" in campaign_page(campaign, form).text()
    assert "not a forecast" in run_page(run, form).text()


def test_numbers_are_read_back_as_they_are_written() -> None:
    """Goal: the reader of numbers is right. Method: one example of each form."""
    assert numbers_in("−2.89 to −2.17\u00a0pp")[0] == pytest.approx((-0.0289, 0.00005))
    assert numbers_in("16.45\u00a0m\u00a0KZT") == [pytest.approx((16.45e6, 5e3))]
    assert numbers_in("1,234 meals") == [(1234.0, 0.5)]
    assert markup(cited("1", "f", a_b=2)) == (
        '<span class="cited" data-source="f" data-a-b="2">1</span>'
    )
