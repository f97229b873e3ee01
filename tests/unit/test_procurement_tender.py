"""Tenders take the days of the law, and end with an award, another round, one source, or nothing.

Goal: the cycle of 60 working days became 10, scoring 30 became 5, quotations 5 became 2, and one
qualified bid suffices where two were needed (facts 3.3.1 to 3.3.5). Method: one lot at a time in a
world where nothing else happens, read from its rows; dishonest lots are told what they are.
"""

import datetime as dt

import pytest

from tengesim.codes import Kind, Reason, Status, TrueLabel
from tengesim.institutions.procurement.firms import Firms
from tengesim.institutions.procurement.reservations import Reserved
from tengesim.institutions.procurement.works import (
    HONEST_LOT,
    Award,
    Firm,
    LotConduct,
    Method,
)
from tengesim.payment import Observation
from tengesim.rules.evaluate import ALLOWED, Decision, decide
from tengesim.rules.model import RuleBook
from tengesim.rules.procedures import Reserves
from tengesim.rules.usage import PeriodicUsage, periods_of
from tests.procurement_world import BUYER, CALENDAR, Hall, firm, hall, lot
from tests.worlds import only

LAW = "procurement.tender"
BEFORE = (f"{LAW}.regime=law_2015",)
NO_COMPLAINTS = only(f"{LAW}.complaints.share", "0 %")
ALL_COMPLAIN = only(f"{LAW}.complaints.share", "100 %")
ALL_UPHELD = only(f"{LAW}.complaints.upheld", "100 %")
NONE_UPHELD = only(f"{LAW}.complaints.upheld", "0 %")
ALL_GUARANTEED = only(f"{LAW}.guarantee_missing", "0 %")
ABLE = (
    *only(f"{LAW}.entry.interest", "100 %"),
    *only(f"{LAW}.entry.bidding_cost", "0 %"),
    *only(f"{LAW}.entry.cost_spread", "0 %"),
    *only(f"{LAW}.entry.failing", "0 %"),
)
COMPLETE = only(f"{LAW}.entry.inadmissible", "0 %")
INCOMPLETE = only(f"{LAW}.entry.inadmissible", "100 %")
PLAIN = (*NO_COMPLAINTS, *ALL_GUARANTEED, *ABLE, *COMPLETE)
ANNOUNCED = dt.date(2025, 2, 3)
MANY = Firms(
    tuple(firm(f"firm-{number}", cost_bp=9_500 + 100 * number) for number in range(9)), 9, {}
)
ALONE = Firms((firm("firm-0"),), 1, {})


def working_days(award: Award) -> int:
    """Return the working days from the announcement to the award."""
    end = CALENDAR.date_of(award.awarded_us)
    return len(CALENDAR.business_days(ANNOUNCED, end))


def one_award(world: Hall, method: Method = Method.OPEN_TENDER) -> Award:
    """Return the award of a single lot."""
    (award,) = world.hold([lot(method=method)])
    return award


@pytest.mark.parametrize(
    ("method", "before", "now"),
    [
        (Method.OPEN_TENDER, 60, 10),
        (Method.AUCTION, 60, 10),
        (Method.SCORING_TENDER, 30, 5),
        (Method.QUOTATIONS, 5, 2),
    ],
)
def test_durations_are_those_of_the_law(method: Method, before: int, now: int) -> None:
    """Facts 3.3.1 to 3.3.3, counted from the rows of a world under each law."""
    world = hall(*PLAIN, firms=MANY)

    assert working_days(one_award(hall(*PLAIN, *BEFORE, firms=MANY), method)) == before
    assert working_days(one_award(world, method)) == now


@pytest.mark.parametrize(("law", "bids", "review"), [((), 7, 3), (BEFORE, 20, 40)])
def test_bids_are_taken_after_the_discussion_and_reviewed_after_they_are_closed(
    law: tuple[str, ...], bids: int, review: int
) -> None:
    """Fact 3.3.4: 2 + 5 working days until bids are closed, 3 of review; 5 + 15 and 10 before."""
    world = hall(*PLAIN, *law, firms=MANY)
    award = one_award(world)
    closed = {row.day for row in world.rows(Kind.BID)}
    (announced,) = world.rows(Kind.TENDER)
    (day,) = closed

    assert len(CALENDAR.business_days(ANNOUNCED, day)) == bids
    assert len(CALENDAR.business_days(day, CALENDAR.date_of(award.awarded_us))) == review
    assert announced.limit == day.toordinal() - dt.date(1970, 1, 1).toordinal()


def test_one_qualified_bid_is_enough_now_and_was_not_before() -> None:
    """Fact 3.3.5: with one supplier a tender is valid; before it failed twice, then one source."""
    now = one_award(hall(*PLAIN, firms=ALONE))
    world = hall(*PLAIN, *BEFORE, firms=ALONE)
    before = one_award(world)

    assert (now.method, now.round) == (Method.OPEN_TENDER, 1)
    assert (before.method, before.round) == (Method.SINGLE_SOURCE, 3)
    assert [row.rule for row in world.rows(Kind.TENDER)] == [
        *("announced", "failed"),
        *("announced", "failed"),
    ]


def test_a_single_source_has_the_price_of_the_plan() -> None:
    """Who is asked after a failed tender has nobody to underbid."""
    award = one_award(hall(*PLAIN, *BEFORE, firms=ALONE))

    assert award.price_tiyn == lot().estimate_tiyn


def test_bids_without_documents_do_not_count() -> None:
    """Where every bid lacks a document, every tender fails."""
    award = one_award(hall(*PLAIN, *INCOMPLETE, firms=MANY))

    assert award.method is Method.SINGLE_SOURCE


def test_the_lowest_admissible_bid_wins() -> None:
    """The award goes to the cheapest of those who bid, and all bids are published by rank."""
    world = hall(*PLAIN, firms=MANY)
    award = one_award(world)
    bids = world.rows(Kind.BID)

    assert award.price_tiyn == min(row.amount_tiyn for row in bids)
    assert [row.limit for row in bids] == list(range(1, len(bids) + 1))
    assert [row.amount_tiyn for row in bids] == sorted(row.amount_tiyn for row in bids)
    assert [bid.firm.id for bid in award.bids] == [row.payee for row in bids]


def test_an_award_says_how_many_bids_were_admissible() -> None:
    """The row of the award counts them, and nobody competed for a direct contract."""
    world = hall(*PLAIN, firms=MANY)
    tendered = one_award(world)
    (row,) = world.rows(Kind.AWARD)
    other = hall(*PLAIN, firms=MANY)
    direct = one_award(other, Method.DIRECT)
    (of_direct,) = other.rows(Kind.AWARD)

    assert row.value == len(tendered.bids)
    assert (row.limit, of_direct.limit) == (Method.OPEN_TENDER.code, Method.DIRECT.code)
    assert of_direct.value == 0
    assert direct.price_tiyn == lot().estimate_tiyn


def test_who_cannot_give_a_guarantee_does_not_get_the_contract() -> None:
    """With guarantees that nobody can give, every winner is refused until one source is left."""
    world = hall(*PLAIN, *only(f"{LAW}.guarantee_missing", "100 %"), firms=MANY)
    award = one_award(world)
    refused = [row for row in world.rows(Kind.AWARD) if row.status is Status.REFUSED]

    assert award.method is Method.SINGLE_SOURCE
    assert refused
    assert {row.reason for row in refused} == {Reason.GUARANTEE_MISSING}


def test_a_complaint_suspends_the_award() -> None:
    """Ten working days more, and a row when it comes and when it is decided."""
    settings = (*PLAIN, *ALL_COMPLAIN, *NONE_UPHELD)
    world = hall(*settings, *only(f"{LAW}.complaints.suspension", "10"), firms=MANY)
    award = one_award(world)

    assert working_days(award) == 20
    assert [(row.attempt, row.value) for row in world.rows(Kind.COMPLAINT)] == [(0, 0), (1, 0)]


def test_nobody_complains_about_the_result_of_a_scoring_tender() -> None:
    """Fact 3.2.10."""
    world = hall(*PLAIN, *ALL_COMPLAIN, firms=MANY)

    assert working_days(one_award(world, Method.SCORING_TENDER)) == 5
    assert not world.rows(Kind.COMPLAINT)


def test_an_upheld_complaint_opens_a_tailored_tender_to_all() -> None:
    """The first round is cancelled; in the second the best bid wins."""
    tailored = LotConduct(tailored=True)
    settings = (*PLAIN, *ALL_COMPLAIN, *ALL_UPHELD)
    world = hall(*settings, firms=MANY, conduct=tailored)
    award = one_award(world)

    assert award.round == 2
    assert award.price_tiyn < lot().estimate_tiyn
    assert "cancelled" in [row.rule for row in world.rows(Kind.TENDER)]


@pytest.mark.parametrize(
    ("conduct", "label"),
    [
        (LotConduct(tailored=True), TrueLabel.TAILORED_SPECIFICATION),
        (LotConduct(rigged=True), TrueLabel.BID_RIGGING),
        (LotConduct(overpricing_bp=2_000), TrueLabel.OVERPRICING),
        (LotConduct(captured_owner=True), TrueLabel.CAPTURED_OWNER),
        (LotConduct(related=True), TrueLabel.RELATED_PARTY),
        (HONEST_LOT, TrueLabel.HONEST),
    ],
)
def test_rows_of_a_dishonest_lot_say_so_in_truth(conduct: LotConduct, label: TrueLabel) -> None:
    """Plan, bids and award carry what is dishonest about the lot, which no control reads."""
    world = hall(*PLAIN, firms=MANY, conduct=conduct)
    one_award(world)
    rows = world.rows(Kind.PLAN, Kind.BID, Kind.AWARD, Kind.TRUE_COST)

    assert {row.true_label for row in rows} == {label}


def test_a_tailored_tender_leaves_one_admissible_bid_at_the_price_of_the_plan() -> None:
    """All the others are rejected, and the favourite leaves almost nothing."""
    honest = one_award(hall(*PLAIN, firms=MANY))
    tailored = one_award(hall(*PLAIN, firms=MANY, conduct=LotConduct(tailored=True)))

    assert [bid.is_admissible for bid in tailored.bids].count(True) == 1
    assert honest.price_tiyn < tailored.price_tiyn <= lot().estimate_tiyn
    assert {bid.firm.id for bid in tailored.bids} >= {bid.firm.id for bid in honest.bids}


def test_a_ring_bids_above_the_one_who_is_to_win() -> None:
    """All bids are admissible, and the lowest lies just below the estimate."""
    honest = one_award(hall(*PLAIN, firms=MANY))
    rigged = one_award(hall(*PLAIN, firms=MANY, conduct=LotConduct(rigged=True)))
    prices = [bid.price_tiyn for bid in rigged.bids]

    assert all(bid.is_admissible for bid in rigged.bids)
    assert rigged.price_tiyn == min(prices) > honest.price_tiyn
    assert max(prices) <= lot().estimate_tiyn


def test_inflated_quantities_change_the_true_cost_and_no_bid() -> None:
    """Competition cannot remove what all bidders price: awards are equal, the true cost is not."""
    honest = one_award(hall(*PLAIN, firms=MANY))
    inflated = one_award(hall(*PLAIN, firms=MANY, conduct=LotConduct(overpricing_bp=2_500)))

    assert inflated.price_tiyn == honest.price_tiyn
    assert inflated.bids == honest.bids
    assert inflated.lot.true_cost_tiyn == honest.lot.true_cost_tiyn * 10_000 // 12_500
    assert inflated.lot.reference_price_tiyn == honest.lot.reference_price_tiyn * 10_000 // 12_500


def test_a_relative_gets_the_contract_of_its_official() -> None:
    """The buyer's related supplier wins though it considers no other lot."""
    relative = firm("firm-r", cost_bp=11_000, group=BUYER.id)
    firms = Firms((*MANY.all, relative), 9, {BUYER.id: relative})

    assert one_award(hall(*PLAIN, firms=firms, conduct=LotConduct(related=True))).firm == relative


def test_a_split_need_becomes_direct_contracts_of_one_supplier() -> None:
    """The parts add up to the need, each is planned and signed by itself, and nobody bids."""
    world = hall(*PLAIN, firms=MANY, conduct=LotConduct(split_into=3))
    awards = world.hold([lot()])

    assert [award.lot.id for award in awards] == [f"lot-1-part-{number}" for number in (1, 2, 3)]
    assert sum(award.price_tiyn for award in awards) == lot().estimate_tiyn
    assert sum(award.lot.true_cost_tiyn for award in awards) == lot().true_cost_tiyn
    assert len({award.firm.id for award in awards}) == 1
    assert {award.method for award in awards} == {Method.DIRECT}
    assert not world.rows(Kind.BID)
    assert [row.place for row in world.rows(Kind.PLAN)] == [award.lot.id for award in awards]


class Book:
    """A rule book of a few rules, as the world asks it."""

    def __init__(self, **condition: object) -> None:
        """Refuse awards that do not meet one condition."""
        rule = {
            "id": "the_rule",
            "text": {"en": "A contract is given to whom the rule allows."},
            "reference": "assumption",
            "on": ["award"],
            "condition": condition,
        }
        self._book = RuleBook.model_validate({"rules": [rule]})

    def decide(self, observation: Observation) -> Decision:
        """Return what the book says."""
        return decide(self._book, observation, PeriodicUsage(periods_of(self._book)))

    def may_shed(self, observation: Observation) -> Decision:
        """Return that nothing sheds a mark here."""
        del observation
        return ALLOWED


def with_best(best: Firm) -> Firms:
    """Return the suppliers with the one replaced who wins."""
    return Firms((MANY.all[0], best, *MANY.all[2:]), 9, {BUYER.id: best})


BEST = MANY.all[1]
"""The cheapest of those who consider the lot; `firm-0` does not."""
REFUSED_BEST = [
    ({"kind": "unaffiliated"}, BEST._replace(group=BUYER.id), Reason.CONFLICT_OF_INTEREST),
    ({"kind": "payee_not_listed"}, BEST._replace(is_listed=True), Reason.PAYEE_LISTED),
    (
        {"kind": "payee_in_good_standing", "requires": ["tax_clear"]},
        BEST._replace(is_tax_clear=False),
        Reason.PAYEE_STATUS,
    ),
]


@pytest.mark.parametrize(("condition", "best", "reason"), REFUSED_BEST)
def test_a_rule_book_can_refuse_an_award_to_the_best_bidder(
    condition: dict[str, object], best: Firm, reason: Reason
) -> None:
    """The next bidder is asked, and the refusal stands in the log with the rule that decided."""
    free = one_award(hall(*PLAIN, firms=with_best(best)))
    world = hall(*PLAIN, firms=with_best(best), control=Book(**condition))
    award = one_award(world)
    refused = [row for row in world.rows(Kind.AWARD) if row.status is Status.REFUSED]

    assert free.firm == best
    assert award.firm == free.bids[1].firm
    assert [(row.payee, row.reason, row.rule) for row in refused] == [(best.id, reason, "the_rule")]


def test_a_relative_whom_the_register_does_not_show_is_nobodys_relative() -> None:
    """The rule about affiliation reads the register, not the truth."""
    hidden = BEST._replace(group=BUYER.id, is_group_registered=False)
    world = hall(*PLAIN, firms=with_best(hidden), control=Book(kind="unaffiliated"))

    assert one_award(world).firm == hidden


def test_a_price_above_the_reference_is_not_awarded() -> None:
    """R13 at award: inflated quantities are seen where a reference price is asked for."""
    cap = Book(kind="price_within", above="10 %")
    inflated = LotConduct(overpricing_bp=5_000)
    honest = one_award(hall(*PLAIN, firms=MANY, control=cap))
    world = hall(*PLAIN, firms=MANY, control=cap, conduct=inflated)

    assert honest.method is Method.OPEN_TENDER
    assert world.hold([lot()]) == []
    assert {row.reason for row in world.rows(Kind.AWARD)} == {Reason.PRICE_TOO_HIGH}


def test_awards_to_one_supplier_are_counted_against_their_limit() -> None:
    """R54: of the parts of a split need only those within the limit are signed."""
    limit = Book(kind="awards_at_most", limit="700 m KZT", days=90)
    world = hall(*PLAIN, firms=MANY, control=limit, conduct=LotConduct(split_into=3))
    awards = world.hold([lot()])

    assert len(awards) == 2
    assert [row.reason for row in world.rows(Kind.AWARD) if row.status is Status.REFUSED] == [
        Reason.LIMIT_AWARDS
    ]


def test_a_lot_that_nobody_can_do_for_its_estimate_is_not_bought() -> None:
    """No bid in two rounds, nobody to ask: the rows end with an unsuccessful tender."""
    dear = Firms((firm("firm-0", cost_bp=12_000),), 1, {})
    world = hall(*PLAIN, firms=dear)

    assert world.hold([lot()]) == []
    assert [row.rule for row in world.rows(Kind.TENDER)][-1] == "unsuccessful"


FOUND = (
    *only("procurement.tender.complaints.share", "100 %"),
    *only("procurement.tender.complaints.upheld", "100 %"),
)


def test_a_scheme_that_a_complaint_ends_is_over_for_the_contract_too() -> None:
    """Goal: an open second round is honest. Method: a tailored tender, cancelled; who is told."""
    told = hall(*PLAIN, *FOUND, firms=MANY, conduct=LotConduct(tailored=True))
    award = one_award(told)
    untold = hall(*PLAIN, firms=MANY, conduct=LotConduct(tailored=True))

    assert award.round == 2
    assert told.schemer.reopened[0] == (award.lot.id, True)
    assert one_award(untold).round == 1
    assert untold.schemer.reopened == []


def test_domestic_makers_win_where_a_book_asks_for_them() -> None:
    """R52 at award: of goods, the first bid that has what is asked for; works have none of it."""
    rule = Book(kind="domestic_at_least", share="50 %")
    goods = lot()._replace(category="goods")
    free, asked = (hall(*PLAIN, firms=MANY, control=one) for one in (None, rule))
    refused = [row for row in asked.rows(Kind.AWARD) if row.status is Status.REFUSED]

    assert len(free.hold([goods])) == len(asked.hold([goods])) == 1
    assert hall(*PLAIN, firms=MANY, control=rule).hold([lot()]) == []
    assert {row.reason for row in refused} <= {Reason.DOMESTIC_CONTENT}


LATER = lot().planned_on + dt.timedelta(days=90)


def set_aside(room_tiyn: int, days: str = "60 business days") -> Reserved:
    """Return a book's word that money of the one buyer is set aside for lots."""
    said = {"kind": "reserves", "id": "set_aside", "expires_after": days}
    texts = {"text": {"en": "Money is set aside."}, "reference": "assumption"}
    return Reserved(Reserves.model_validate({**said, **texts}), {BUYER.id: room_tiyn})


def test_a_lot_is_announced_only_where_money_can_be_set_aside_for_it() -> None:
    """R42: of two lots at a time the second finds no room, and finds it once the first is over."""
    estimate_tiyn = lot().estimate_tiyn
    lots = [lot(), lot()._replace(id="lot-2"), lot()._replace(id="lot-3", planned_on=LATER)]
    reserved = set_aside(estimate_tiyn + estimate_tiyn // 2)
    world = hall(*PLAIN, firms=MANY, reserved=reserved)
    awards = world.hold(lots)
    rows = world.rows(Kind.APPROVAL)

    assert len(hall(*PLAIN, firms=MANY).hold(lots)) == 3
    assert {award.lot.id for award in awards} < {"lot-1", "lot-2", "lot-3"}
    assert {award.lot.id for award in awards} > {"lot-3"}
    refused = [row for row in rows if row.status is Status.REFUSED]
    assert [row.reason for row in refused] == [Reason.APPROPRIATION_EXCEEDED]
    assert {row.rule for row in rows} == {"set_aside"}
    assert reserved.room == {BUYER.id: estimate_tiyn + estimate_tiyn // 2}


def test_what_is_set_aside_is_let_go_in_time() -> None:
    """R42: a tender that outlasts its reservation is followed by one for which there is room."""
    soon = lot().planned_on + dt.timedelta(days=4)
    lots = [lot(), lot()._replace(id="lot-2", planned_on=soon)]
    few, many = (
        hall(*PLAIN, firms=MANY, reserved=set_aside(lot().estimate_tiyn, days))
        for days in ("2 days", "60 days")
    )

    assert [len(world.hold(lots)) for world in (few, many)] == [2, 1]
    over = [row.rule for row in few.rows(Kind.APPROVAL)]
    assert over.count("set_aside/over") == 2
    assert "set_aside/over" not in [row.rule for row in many.rows(Kind.APPROVAL)]


def test_parts_of_a_split_need_let_go_of_what_was_set_aside_for_the_whole() -> None:
    """R42: after the last part nothing is left of the reservation, and nothing is missing."""
    reserved = set_aside(lot().estimate_tiyn)
    world = hall(*PLAIN, firms=MANY, conduct=LotConduct(split_into=3), reserved=reserved)

    assert len(world.hold([lot()])) == 3
    assert reserved.room == {BUYER.id: lot().estimate_tiyn}
