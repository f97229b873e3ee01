"""The page of a comparison says what the campaign says, and answers only about what is there."""

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboards.app import create_app
from dashboards.arms import arms_of, campaigns_of
from dashboards.campaigns import Campaigns
from dashboards.comparison import VERDICTS, Cause, Comparison, Interval, Outcome, comparison_of
from dashboards.components.changes import change_card
from dashboards.components.outcomes import outcome_card
from dashboards.html import markup
from dashboards.numbers import change_text, mean_text
from dashboards.pages.compare import compare_page
from dashboards.texts import Texts
from tengesim.errors import StoreError
from tengesim.store.campaigns import StoredCampaign
from tests.compared import QUESTION, VERDICT_ROWS, stored_campaign
from tests.dashboards.test_html import HOSTILE
from tests.dashboards.test_texts import in_brackets, strange
from tests.studies import Ready, stored_study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of runs."""
    return tmp_path_factory.mktemp("compared")


@pytest.fixture(scope="module")
def stored(folder: Path) -> StoredCampaign:
    """Return a campaign of head-counts against digital proof."""
    study, runs = stored_study(folder, arms=("headcount", "social_wallet"))
    study.close()
    return stored_campaign(folder, runs)


@pytest.fixture(scope="module")
def comparison(stored: StoredCampaign) -> Comparison:
    """Return its only variant beside the base."""
    return comparison_of(stored, stored.manifest.variants[0])


@pytest.fixture
def client(stored: StoredCampaign, folder: Path) -> Iterator[FlaskClient]:
    """Return a browser on a page that shows the campaign and nothing else."""
    campaigns = Campaigns(folder)
    made: FlaskClient = create_app(Ready(None), campaigns).server.test_client()
    yield made
    campaigns.close()


def text_of(client: FlaskClient, path: str = "/compare") -> str:
    """Return what the server answers."""
    return client.get(path).get_data(as_text=True)


def test_the_page_has_what_was_asked_and_what_came_of_it(
    client: FlaskClient, stored: StoredCampaign
) -> None:
    """Goal: the answer stands in the document. Method: question, headline, levers, digest."""
    page = text_of(client)
    for text in (QUESTION, stored.manifest.headline, stored.manifest.ensemble_digest):
        assert markup(text) in page
    for lever in stored.manifest.levers[stored.manifest.variants[0]]:
        assert markup(lever.path) in page
        assert markup(lever.variant) in page
    assert "the worker was killed" in page
    assert "tengesim compare scenario-0.yaml scenario-1.yaml --replications 20" in page
    assert page.count("<h1") == 1
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


def test_of_several_variants_the_page_says_the_answer_about_its_own(
    comparison: Comparison,
) -> None:
    """Goal: one answer at a time. Method: the words of the headline metric of the variant."""
    manifest = comparison.manifest
    assert comparison.headline == manifest.headline
    more = manifest.model_copy(update={"variants": (*manifest.variants, "another")})
    own = replace(comparison, manifest=more)
    expected = next(one.words for one in own.outcomes if one.metric == manifest.metric)
    assert own.headline == expected != manifest.headline
    assert replace(own, outcomes=()).headline == manifest.headline


def test_every_outcome_stands_under_its_verdict_and_none_is_lost(
    comparison: Comparison, t: Texts
) -> None:
    """Goal: nothing is hidden. Method: rows of the figure and of the table against the summary."""
    card = markup(outcome_card(comparison, t))
    drawn = re.findall(r'data-metric="([^"]+)"', card)
    assert sorted(drawn) == sorted(outcome.metric for outcome in comparison.outcomes)
    assert sum(len(comparison.of_verdict(verdict)) for verdict in VERDICTS) == len(drawn)
    table = card[card.index("<tbody>") : card.index("</tbody>")]
    assert table.count("<tr>") == len(drawn)
    assert drawn[0] == comparison.manifest.metric
    for name in VERDICT_ROWS:
        assert VERDICT_ROWS[name]["verdict"] in VERDICTS


def test_every_number_of_the_summary_can_be_taken_along(comparison: Comparison, t: Texts) -> None:
    """Goal: the table hides no digit. Method: exact values in the cells of one metric."""
    card = markup(outcome_card(comparison, t))
    title = next(one.title for one in comparison.outcomes if one.metric == "phantom_share")
    row = card[card.index(f'<th scope="row">{markup(title)}') :]
    row = row[: row.index("</tr>")]
    for name in ("base", "value", "difference", "chance_low", "assumptions_high", "p_holm"):
        assert f'data-value="{VERDICT_ROWS["phantom_share"][name]!r}"' in row, name


def test_bars_are_drawn_where_the_numbers_are(comparison: Comparison, t: Texts) -> None:
    """Goal: the picture is true. Method: ends of both bars, from per cent back to the unit."""
    card = markup(outcome_card(comparison, t))
    for outcome in comparison.of_verdict("clear") + comparison.of_verdict("bounded"):
        row = card[card.index(f'data-metric="{outcome.metric}"') :]
        row = row[: row.index("</li>")]
        for kind in ("chance", "assumptions"):
            found = re.search(rf'ci-{kind}" style="left:([\d.]+)%;width:([\d.]+)%', row)
            assert found is not None
            low, high = float(found[1]), float(found[1]) + float(found[2])
            interval = getattr(outcome, kind)
            assert math.isclose(low - 50, per_cent(interval.low, outcome), abs_tol=0.02)
            assert math.isclose(high - 50, per_cent(interval.high, outcome), abs_tol=0.02)
            assert (low < 50 < high) == (interval.low < 0 < interval.high)


def per_cent(value: float, outcome: Outcome) -> float:
    """Return how far from the middle a value is drawn, so that the longest has room to spare."""
    return 50 * value / (outcome.reach * 1.12)


@pytest.mark.parametrize(
    ("difference", "direction", "side"),
    [
        (-0.1, "down", "better"),
        (0.1, "down", "worse"),
        (0.1, "up", "better"),
        (-0.1, "up", "worse"),
        (0.1, "neither", "more"),
        (-0.1, "neither", "less"),
        (0.0, "up", "same"),
        (None, "up", "same"),
    ],
)
def test_better_and_worse_follow_the_metric(
    comparison: Comparison, difference: float | None, direction: str, side: str
) -> None:
    """Goal: fewer refusals are not shown as a loss. Method: each sign with each direction."""
    outcome = replace(comparison.outcomes[0], difference=difference, direction=direction)
    assert outcome.side == side


def test_what_is_not_clear_is_never_shown_as_better(comparison: Comparison, t: Texts) -> None:
    """Goal: no ranking where an interval spans zero. Method: shades and words of such a row."""
    card = markup(outcome_card(comparison, t))
    for outcome in comparison.of_verdict("not_clear"):
        row = card[card.index(f'data-metric="{outcome.metric}"') :]
        row = row[: row.index("</li>")]
        assert "side-better" not in row
        assert "verdict-better" not in row
        assert t("side.better") not in row
    clear = comparison.of_verdict("clear")[0]
    assert t("side.better") in card[card.index(f'data-metric="{clear.metric}"') :]


def test_changed_payments_are_counted_and_add_up(comparison: Comparison, t: Texts) -> None:
    """Goal: the diff is complete. Method: causes against the sentence and the table."""
    card = markup(change_card(comparison, None, t, can_open=True))
    changed = sum(cause.count for cause in comparison.changed)
    assert 0 < changed < comparison.payments
    assert f"{changed:,} of {comparison.payments:,}" in card
    assert card.count('class="cause"') == len(comparison.changed)
    assert card.count("<tr>") == len(comparison.causes) + 1
    counts = [cause.count for cause in comparison.changed]
    assert counts == sorted(counts, reverse=True)


def test_another_rule_or_reason_is_a_change_too(comparison: Comparison) -> None:
    """Goal: refused twice for different reasons is told. Method: one field at a time."""
    same = Cause("refused", "refused", "r", "r", "why", "why", "honest", 1, 1, ())
    assert not same.is_change
    assert replace(same, rule_variant="s").is_change
    assert replace(same, reason_variant="other").is_change
    assert replace(same, outcome_variant="paid").is_change


def test_an_example_tells_the_payment_in_both_arms(
    client: FlaskClient, comparison: Comparison
) -> None:
    """Goal: from a count to two stories. Method: an example that both arms know, and one not."""
    both = next(one for one in comparison.changed if one.outcome_variant == "refused")
    known = [one for one in both.examples if both.outcome_base != "absent"]
    intent = known[0].intent
    told = client.get(
        "/compare/stories", query_string={"campaign": comparison.name, "intent": intent}
    )
    text = told.get_data(as_text=True)
    assert told.status_code == 200
    assert text.count(f'data-story="{intent}"') == 2
    absent = next(one for one in comparison.changed if one.outcome_variant == "absent")
    answer = client.get(
        "/compare/stories",
        query_string={"campaign": comparison.name, "intent": absent.examples[0].intent},
    )
    assert "Nobody wanted this payment here." in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"campaign": "../runs", "intent": "x"},
        {"intent": "x"},
        {"intent": "x" * 300},
        {"intent": "no such payment"},
        {"intent": "' OR 1=1 --"},
        {"variant": "7", "intent": "x"},
        {"variant": "-1", "intent": "x"},
        {"variant": "²", "intent": "x"},
        {"variant": "9" * 5000, "intent": "x"},
    ],
)
def test_strange_questions_get_no_story(
    client: FlaskClient, comparison: Comparison, wanted: dict[str, str]
) -> None:
    """Goal: arguments are looked up, never followed. Method: hostile and wrong ones."""
    asked = {"campaign": comparison.name, **wanted} if wanted else {}
    assert client.get("/compare/stories", query_string=asked).status_code == 404


@pytest.mark.parametrize("name", ["..", "../..", "nothing", "/etc", "x" * 300, ".hidden"])
def test_a_campaign_that_is_not_there_is_not_found(client: FlaskClient, name: str) -> None:
    """Goal: no way out of the folder. Method: names that lead elsewhere."""
    assert client.get("/compare", query_string={"campaign": name}).status_code == 404


def test_without_runs_the_page_still_says_what_was_found(
    stored: StoredCampaign, comparison: Comparison, tmp_path: Path
) -> None:
    """Goal: runs may be removed. Method: the campaign alone, elsewhere; no example opens."""
    import shutil

    copy = tmp_path / "campaigns" / stored.path.name
    shutil.copytree(stored.path, copy)
    campaigns = Campaigns(tmp_path)
    client: FlaskClient = create_app(Ready(None), campaigns).server.test_client()
    page = text_of(client)
    assert markup(stored.manifest.headline) in page
    assert 'data-act="both-stories"' not in page
    assert arms_of([str(copy)], tmp_path) == ()
    wanted = {"campaign": comparison.name, "intent": comparison.changed[0].examples[0].intent}
    assert client.get("/compare/stories", query_string=wanted).status_code == 404


def test_a_damaged_campaign_says_what_is_wrong_with_it(
    stored: StoredCampaign, tmp_path: Path
) -> None:
    """Goal: no traceback. Method: one byte of a table."""
    import shutil

    copy = tmp_path / "campaigns" / stored.path.name
    shutil.copytree(stored.path, copy)
    with (copy / "summary.parquet").open("r+b") as file:
        file.write(b"?")
    client: FlaskClient = create_app(Ready(None), Campaigns(tmp_path)).server.test_client()
    answer = client.get("/compare")
    assert answer.status_code == 200
    assert "changed or damaged" in answer.get_data(as_text=True)
    with pytest.raises(StoreError):
        arms_of([str(copy)], tmp_path)


def test_with_nothing_compared_the_page_says_how(tmp_path: Path) -> None:
    """Goal: no dead end. Method: an empty folder of runs."""
    client: FlaskClient = create_app(Ready(None), Campaigns(tmp_path)).server.test_client()
    assert "tengesim compare" in text_of(client)
    assert client.get("/").status_code == 200


def test_the_start_leads_to_the_comparison_when_there_is_nothing_else(client: FlaskClient) -> None:
    """Goal: `play CAMPAIGN` shows something at the root too. Method: the redirect."""
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/compare"


def test_a_campaign_is_played_by_path_and_by_name(stored: StoredCampaign, folder: Path) -> None:
    """Goal: one word opens it. Method: what is typed to arms and folders."""
    for subject in (stored.path.name, str(stored.path)):
        assert campaigns_of([subject], folder) == (stored.path,)
        arms = arms_of([subject], folder)
        assert [arm.id for arm in arms] == [stored.manifest.base, *stored.manifest.variants]
        assert all(arm.folder is not None and arm.folder.is_dir() for arm in arms)
    assert campaigns_of(["school_meals"], folder) == ()


def test_pages_of_runs_lead_to_comparisons_only_where_there_are_any(
    stored: StoredCampaign, folder: Path, tmp_path: Path
) -> None:
    """Goal: no dead link. Method: the page of a study with and without a campaign beside it."""
    study, _ = stored_study(tmp_path, arms=("marked",))
    for campaigns, is_there in ((Campaigns(folder), True), (Campaigns(tmp_path), False)):
        client: FlaskClient = create_app(Ready(study), campaigns).server.test_client()
        assert ('href="/compare"' in text_of(client, "/")) is is_there
    study.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_names_from_strangers_are_shown_and_never_run(
    comparison: Comparison, t: Texts, text: str
) -> None:
    """Goal: a campaign from elsewhere is only read. Method: hostile text in every place."""
    manifest = comparison.manifest
    arms = {name: arm.model_copy(update={"title": text}) for name, arm in manifest.arms.items()}
    levers = tuple(
        lever.model_copy(update={"path": text, "base": text, "variant": text})
        for lever in comparison.levers
    )
    hostile = replace(
        comparison,
        manifest=manifest.model_copy(
            update={
                "arms": arms,
                "question": text,
                "headline": text,
                "notes": (text,),
                "levers": {comparison.variant: levers},
            }
        ),
        outcomes=tuple(
            replace(one, words=text, unit=text, title=text) for one in comparison.outcomes
        ),
        causes=tuple(
            replace(one, rule_base=text, reason_variant=text, outcome_base=text, true_label=text)
            for one in comparison.causes
        ),
    )
    page = markup(
        compare_page(hostile, [("a b", text)], t, calendar=None, has_runs=True, has_overview=True)
    )
    assert markup(text) in page
    assert "<script" not in page
    assert "<img" not in page
    assert "<svg" not in page


def test_means_and_differences_are_written_one_way(t: Texts) -> None:
    """Goal: one quantity, one spelling. Method: each unit, small values, signs, nothing."""
    assert mean_text(0.12345, "share", t) == "12.35 %"
    assert mean_text(1_234_567.4, "KZT", t) == "1,234,567"
    assert mean_text(12.0, "days", t) == "12"
    assert mean_text(78_531_223_149.0, "KZT", t) == "78,531 m"
    assert change_text(-420_484_477.0, "KZT", t) == "−420 m"
    assert mean_text(0.00004, "share", t) == "0.0040 %"
    assert mean_text(None, "days", t) == t("unit.none")
    assert change_text(-0.0419, "share", t) == "−4.19\u00a0pp"
    assert change_text(2.5, "days", t) == "+2.5"
    assert change_text(0.0, "share", t) == "0"
    assert change_text(None, "share", t) == t("unit.none")


def test_an_interval_of_one_point_is_one() -> None:
    """Goal: nought and nothing are told apart. Method: both."""
    assert Interval(0.0, 0.0).is_point
    assert not Interval(-0.1, 0.1).is_point


def test_no_visible_text_is_written_in_the_code(comparison: Comparison, t: Texts) -> None:
    """Goal: a language is added by a file. Method: the page in a language of bracketed texts."""
    campaigns = [(comparison.name, "Title"), ("other", "Title")]
    page = compare_page(
        comparison, campaigns, in_brackets(), calendar=None, has_runs=True, has_overview=True
    )
    manifest = comparison.manifest
    words = {manifest.headline, manifest.question, *manifest.notes, "Title"}
    words |= {arm.title for arm in manifest.arms.values()}
    for outcome in comparison.outcomes:
        words |= {outcome.title, outcome.unit, "Said in words."}
    for cause in comparison.causes:
        words |= {cause.rule_base, cause.rule_variant}
        words |= {f"{each.payer} → {each.payee}" for each in cause.examples}
    for assumption in manifest.assumptions:
        words |= {assumption.source, str(assumption.note)}
    for error in manifest.errors:
        words |= {error.kind, error.message}
    words |= {entry.text for entry in comparison.influences.values()}
    assert strange(markup(page), words) == []
