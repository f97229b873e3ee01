"""Circles: what they would do is drawn once; rules reach it through utility alone."""

from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

from tengesim.codes import TrueLabel
from tengesim.institutions.procurement.contract_model import MoneySection
from tengesim.institutions.procurement.integrity import (
    Circles,
    Screened,
    first_beliefs,
    terms_of,
)
from tengesim.institutions.procurement.typologies import (
    ALTERNATIVES,
    CONTROLS,
    SCHEMES,
    Channel,
    ControlName,
    Stage,
    Trace,
    can_stop,
    label_of,
    typologies_page,
)
from tengesim.institutions.procurement.works import HONEST_CONTRACT, HONEST_LOT, Lot
from tengesim.streams import Streams
from tests.integrity_world import (
    BASE,
    award,
    circles,
    controls,
    counted,
    integrity,
    lot,
    lots,
    with_controls,
)
from tests.mining_world import assumed

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "typologies.md"
STRICT: Final = with_controls(ControlName.DIGITAL_DOCUMENTS, ControlName.MARKING, is_digital=True)
"""Evidence and mark, which see neither price nor collusion."""
FEW: Final = lots(900)
UNSEEN_BY_MARKS: Final = (
    Channel.OVERPRICING,
    Channel.TAILORED_SPECIFICATION,
    Channel.BID_RIGGING,
    Channel.PRICE_GROWTH,
    Channel.KICKBACK,
    Channel.SPLIT_CONTRACT,
    Channel.RELATED_PARTY,
    Channel.CAPTURED_OWNER,
    Channel.OVERRIDE_ABUSE,
    Channel.COLLUDING_SUPERVISOR,
)


def chosen(world: Circles) -> list[Channel]:
    """Return what the circle of each lot does."""
    counted(world, FEW)
    return [world.channel_of(one.id) for one in FEW]


@pytest.mark.parametrize("channel", UNSEEN_BY_MARKS)
def test_marking_is_blind_to_what_does_not_move_money(channel: Channel) -> None:
    """Goal: structural zeros of the table. Method: each, by name, against the mark."""
    assert not can_stop(ControlName.MARKING, channel)


def test_signed_falsehood_passes_every_rule_about_documents() -> None:
    """Goal: collusion passes R17, R24, R29. Method: traces of a colluding supervisor."""
    rules = [name for name, control in CONTROLS.items() if control.rules]
    assert [name for name in rules if can_stop(name, Channel.COLLUDING_SUPERVISOR)] == []


def test_every_way_is_described_and_labelled() -> None:
    """Goal: a complete table. Method: all channels, each a scheme or an alternative."""
    assert {*Channel} == {*SCHEMES, *ALTERNATIVES}
    assert {*ControlName} == {*CONTROLS}
    labels = [label_of(channel) for channel in SCHEMES]
    assert len({*labels}) == len(SCHEMES)
    assert all(label >= TrueLabel.FICTITIOUS_ACT for label in labels)
    assert {TrueLabel.HONEST} == {label_of(channel) for channel in ALTERNATIVES}


def test_the_page_about_typologies_is_made_from_the_tables() -> None:
    """Goal: docs/typologies.md cannot grow old. Method: make it again and compare.

    To write it: python -c "from pathlib import Path; from
    tengesim.institutions.procurement.typologies import typologies_page as page;
    Path('docs/typologies.md').write_text(page(), encoding='utf-8')"
    """
    assert typologies_page() == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("changes", [{"sensitivity_at": "zero"}, {"adaptive": False}])
def test_who_does_not_adapt_cheats_alike_in_every_arm(changes: dict[str, Any]) -> None:
    """Goal: displaced is 0 and net is gross. Method: lot by lot, and what each gains."""
    section = integrity(changes)
    before, after = circles(section), circles(section, STRICT)
    assert chosen(before) == chosen(after)
    for one in FEW:
        assert before.of_lot(one) == after.of_lot(one)
        assert before.of_contract(award(one)) == after.of_contract(award(one))


@pytest.mark.parametrize("level", ["low", "base", "high"])
def test_the_base_arm_is_the_same_whatever_the_sensitivity(level: str) -> None:
    """Goal: constants are calibrated. Method: lot by lot against no sensitivity."""
    plain = chosen(circles(integrity({"sensitivity_at": "zero"})))
    assert plain == chosen(circles(integrity({"sensitivity_at": level})))


@pytest.mark.parametrize("level", ["low", "base", "high", "infinite"])
def test_those_who_adapt_leave_what_is_seen(level: str) -> None:
    """Goal: the other side of the claim above. Method: fewer fictitious acts and diversions."""
    section = integrity({"sensitivity_at": level})
    before, after = chosen(circles(section)), chosen(circles(section, STRICT))
    assert before != after
    targeted = (Channel.DIVERTED_ADVANCE, Channel.SHELL_SUBCONTRACTOR)
    assert sum(map(after.count, targeted)) < sum(map(before.count, targeted))


@pytest.mark.parametrize("level", ["low", "base"])
def test_closing_the_most_used_alternative_lowers_displacement(level: str) -> None:
    """Goal: where it moves. Method: who leaves a targeted way for another, with R13 and without.

    Both arms have digital documents, so that only the mark and the price cap differ.
    """
    section = integrity({"sensitivity_at": level})
    digital = with_controls(ControlName.DIGITAL_DOCUMENTS, is_digital=True)
    closing = STRICT._replace(in_force=STRICT.in_force | {ControlName.PRICE_CAP})
    before = chosen(circles(section, digital, base=digital))
    displaced, targeted = [], (Channel.DIVERTED_ADVANCE, Channel.SHELL_SUBCONTRACTOR)
    for terms in (STRICT, closing):
        after = chosen(circles(section, terms, base=digital))
        moved = zip(before, after, strict=True)
        displaced.append(
            sum(a in targeted and b in SCHEMES and b not in targeted for a, b in moved)
        )
    assert displaced[1] < displaced[0]


def test_without_dishonest_circles_everything_is_honest() -> None:
    """Goal: nothing to recall. Method: every conduct, label and trace of many lots."""
    world = circles(integrity({"dishonest": assumed("0 %")}))
    for one in FEW:
        assert world.of_lot(one) == HONEST_LOT
        assert world.of_contract(award(one)) == HONEST_CONTRACT
        assert (world.label_of(one.id), world.traces(one.id)) == (TrueLabel.HONEST, Trace.NONE)


def test_a_conduct_is_one_scheme_the_same_whenever_it_is_asked() -> None:
    """Goal: one label per intent. Method: count what is dishonest about each lot, twice."""
    world = circles(integrity())
    for one in FEW:
        conducts = world.of_lot(one), world.of_contract(award(one))
        assert conducts == (world.of_lot(one), world.of_contract(award(one)))
        is_dishonest = conducts != (HONEST_LOT, HONEST_CONTRACT)
        assert is_dishonest == (world.channel_of(one.id) in SCHEMES)
        stages = [
            part != honest
            for part, honest in zip(conducts, (HONEST_LOT, HONEST_CONTRACT), strict=True)
        ]
        if world.channel_of(one.id) in SCHEMES and stages == [True, False]:
            assert SCHEMES[world.channel_of(one.id)].stage is Stage.LOT
        if stages == [True, True]:
            assert world.channel_of(one.id) is Channel.CAPTURED_OWNER


def test_parts_of_a_split_need_belong_to_the_scheme_of_the_whole() -> None:
    """Goal: one scheme for one need. Method: a part of each lot after the lot, and before it."""
    world, alone = circles(integrity()), circles(integrity())
    for one in FEW:
        part = one._replace(id=f"{one.id}-part-1", layer="small")
        world.of_lot(one)
        assert world.of_lot(part) == HONEST_LOT
        assert world.label_of(part.id) == world.label_of(one.id)
        alone.of_lot(part)
        assert alone.channel_of(one.id) in {Channel.HONEST, alone.channel_of(part.id)}


def test_one_more_lot_changes_no_other() -> None:
    """Goal: own words for each lot. Method: with and without every second lot."""
    section = integrity({"capacity": assumed(10_000)})
    every, some = circles(section), circles(section)
    counted(every, FEW)
    counted(some, FEW[::2])
    assert [every.channel_of(one.id) for one in FEW[::2]] == [
        some.channel_of(one.id) for one in FEW[::2]
    ]


def test_a_buyer_runs_no_more_schemes_of_a_way_than_it_can() -> None:
    """Goal: capacity binds. Method: all lots of one buyer, room for two of each way."""
    world = circles(integrity({"capacity": assumed(2)}))
    found = counted(world, [lot(40 * number) for number in range(300)])
    assert max(found[channel] for channel in SCHEMES) == 2
    assert found[Channel.OVERPRICING] == 2


def test_an_advance_is_diverted_only_where_there_is_one_and_never_more_than_it() -> None:
    """Goal: feasibility. Method: all lots with an advance of 30 %, and of nothing."""
    world = circles(integrity())
    shares = [world.of_contract(award(one)).diverted_bp for one in FEW]
    assert 0 < max(shares) <= 10_000
    section, terms = integrity(), BASE
    none = Circles(
        section,
        controls(),
        Streams(1),
        base=terms,
        now=terms,
        advance_bp=lambda _: 0,
        clock=lambda: 0,
    )
    assert Channel.DIVERTED_ADVANCE not in chosen(none)


@pytest.mark.parametrize(("collusion", "signs"), [("0 %", False), ("100 %", True)])
def test_a_colluding_supervisor_leaves_no_missing_signature(collusion: str, *, signs: bool) -> None:
    """Goal: documents never show collusion. Method: traces of all fictitious acts."""
    changes = {"collusion": assumed(collusion), "paper_traces": assumed("100 %")}
    world = circles(integrity(changes))
    counted(world, FEW)
    acts = [one for one in FEW if world.channel_of(one.id) is Channel.FICTITIOUS_ACT]
    assert len(acts) > 50
    for one in acts:
        assert signs == world.of_contract(award(one)).colluding_supervisor
        assert signs == (not world.traces(one.id) & Trace.WORK_UNSIGNED)
        assert world.traces(one.id) & Trace.WORK_ABSENT


def test_what_stands_on_paper_stands_in_digital_records() -> None:
    """Goal: arms share words. Method: traces of every lot, on paper and digitally."""
    section = integrity({"sensitivity_at": "zero"})
    paper, digital = circles(section), circles(section, STRICT)
    counted(paper, FEW)
    counted(digital, FEW)
    pairs = [(paper.traces(one.id), digital.traces(one.id)) for one in FEW]
    assert all(old in (Trace.NONE, now) for old, now in pairs)
    assert any(old != now for old, now in pairs)


def test_first_beliefs_are_zero_where_nobody_looks_and_fall_with_no_control() -> None:
    """Goal: beliefs follow the table. Method: every channel, with ever more controls in force."""
    section, looks = integrity(), controls()
    before = first_beliefs(BASE, section, looks)
    after = first_beliefs(BASE._replace(in_force=STRICT.in_force), section, looks)
    for channel in Channel:
        assert after[channel] >= before[channel]
        is_seen = any(can_stop(name, channel) for name in STRICT.in_force - BASE.in_force)
        assert is_seen == (after[channel] > before[channel])
    assert 0 == after[Channel.KICKBACK] == after[Channel.CASH] == after[Channel.HONEST]


def test_an_audit_believed_by_hand() -> None:
    """Goal: the formula. Method: a shell on paper: 1 - (1 - 0.6 × 6 % × 50 %)²."""
    found = first_beliefs(BASE, integrity(), controls())[Channel.SHELL_SUBCONTRACTOR]
    assert pytest.approx(found, abs=1) == 35_676


@pytest.mark.parametrize(
    ("arm", "codes", "expected"),
    [
        ("paper_ordinary", {"R17"}, set()),
        ("evidence_ordinary", {"R17", "R13"}, {"digital_documents", "price_cap"}),
        (
            "treasury_control",
            {"R53", "R06"},
            {"account_control", "conflict_check", "payee_registers"},
        ),
    ],
)
def test_an_arm_has_the_controls_of_its_rules(
    arm: Any,  # noqa: ANN401 - a literal
    codes: set[str],
    expected: set[str],
) -> None:
    """Goal: rules in force are known. Method: what an arm has beyond those who look everywhere."""
    terms = terms_of(MoneySection(arm=arm), frozenset(codes), controls())
    assert expected == {str(name) for name in terms.in_force - BASE.in_force}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("none", set[ControlName]()),
        ("first_payee", {ControlName.ACCOUNT_CONTROL}),
        ("depth_2", {ControlName.MARKING}),
        ("depth_8", {ControlName.MARKING}),
    ],
)
def test_a_marked_arm_sees_as_far_as_its_scope(scope: str, expected: set[ControlName]) -> None:
    """Goal: who may meet a shell. Method: scopes of the mark, without rules about documents."""
    mark = {"owner": "o", "return_account": "o", "valid_after": assumed(30)}
    money = MoneySection.model_validate(
        {"arm": "evidence_marked", "mark": mark, "mark_scope": scope}
    )
    terms = terms_of(money, frozenset(), controls())
    assert terms.in_force - BASE.in_force == expected


def test_a_lot_that_is_corrected_before_its_announcement_is_honest_from_then_on() -> None:
    """Goal: a scheme found in time costs nothing. Method: correct all, and see every conduct."""
    world = circles(integrity())
    asked: list[str] = []

    def correct(one: Lot) -> bool:
        asked.append(one.id)
        return True

    screened = Screened(world, correct)
    for one in FEW:
        assert HONEST_LOT == screened.of_lot(one) == screened.of_lot(one)
    assert [one.id for one in FEW] == asked
    assert not {Channel.OVERPRICING, Channel.BID_RIGGING} & {*chosen(world)}
    assert Channel.FICTITIOUS_ACT in chosen(world)


def test_cases_reach_others_after_the_lag_and_count_once() -> None:
    """Goal: learning. Method: every diversion found, then new lots of the same buyers."""
    now, asked = 0, lots(1_300)
    section = integrity({"lag": assumed("60 days"), "sensitivity_at": "high"})
    world = Circles(
        section,
        controls(),
        Streams(1),
        base=BASE,
        now=BASE,
        advance_bp=lambda _: 3_000,
        clock=lambda: now,
    )
    counted(world, asked[:700])
    for one in asked[:700]:
        for number in range(5):
            world.learn(f"{one.id}/act-{number}", was_stopped=True, time_us=0)
    soon = counted(world, asked[700:1_000])
    now = 61 * 86_400_000_000
    late = counted(world, asked[1_000:1_300])
    assert late[Channel.HONEST] > soon[Channel.HONEST] + 50


@pytest.mark.parametrize(
    ("changes", "code", "at"),
    [
        ({"typologies.kickback.chosen": assumed("60 %")}, "SHARES", ("typologies",)),
        (
            {"typologies.kickback.loss": assumed("50 %")},
            "RANGE",
            ("typologies", "kickback", "loss", "value"),
        ),
        (
            {"typologies.kickback.loss": {"value": "1 %", "source": "https://example.com"}},
            "ASSUMPTION_RANGE",
            ("loss", "low"),
        ),
        (
            {"typologies.cash": {"chosen": assumed("1 %"), "loss": assumed("1 %")}},
            "NAME_UNKNOWN",
            ("typologies", "cash"),
        ),
        ({"sensitivity": assumed(-1)}, "RANGE", ("sensitivity", "value")),
        ({"lag": assumed("5 business days")}, "DURATION", ("lag", "value")),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], code: str, at: tuple[str, ...]) -> None:
    """Goal: bad sections do not load. Method: one mistake each, and where it is said to be."""
    with pytest.raises(ValidationError) as refused:
        integrity(changes)
    (error,) = refused.value.errors()
    assert (code, at) == (error["type"], error["ctx"]["at"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"audit.capacity": assumed(0)}, "RANGE"),
        ({"audit.every": assumed("0 days")}, "DURATION"),
        ({"flags.threshold": assumed(0)}, "RANGE"),
        ({"overrides.lasts": assumed("0 days")}, "DURATION"),
        ({"desk.lasts": assumed("3 business days")}, "DURATION"),
    ],
)
def test_controls_that_cannot_be_are_refused(changes: dict[str, Any], code: str) -> None:
    """Goal: bad sections do not load. Method: one mistake each."""
    with pytest.raises(ValidationError) as refused:
        controls(changes)
    (error,) = refused.value.errors()
    assert code == error["type"]


@pytest.mark.parametrize("was_found", [True, False])
def test_a_lot_that_is_tendered_again_has_no_scheme_any_more(*, was_found: bool) -> None:
    """Goal: who lost the tender gains nothing by the contract. Method: all schemes of many lots."""
    world = circles(integrity())
    cheated = [one for one in lots(60) if world.of_lot(one) != HONEST_LOT]
    assert cheated
    for one in cheated:
        world.reopen(one.id, was_found=was_found)
        assert world.of_lot(one) == HONEST_LOT
        assert world.of_contract(award(one)) == HONEST_CONTRACT
        assert world.label_of(one.id) is TrueLabel.HONEST
