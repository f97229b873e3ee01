"""Claims about the book, one operation at a time; any order of them is in the ledger machine."""

from collections.abc import Callable
from decimal import Decimal
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.codes import Evidence, Form, Kind, Reason, Status, TrueLabel
from tengesim.errors import InvariantError
from tengesim.journal.events import COLUMNS
from tengesim.ledger import answers
from tengesim.ledger.book import Balance
from tengesim.money import SUPPLY_MAX_TIYN
from tengesim.payment import Account, AccountId, Batch, Leg, Move, Outcome, Particulars, Posting
from tests.naive_ledger import NOBODY
from tests.small_book import (
    CATERER,
    DT,
    ISSUER,
    MARK,
    NB,
    NOTHING,
    NOWHERE,
    PAYEE,
    PAYER,
    PURSE,
    START,
    SmallBook,
    after,
    posting,
)


@pytest.mark.parametrize(
    ("kind", "moves", "reason", "changes"),
    [
        (Kind.PAYMENT, [(PAYER, PAYEE, 1)], Reason.NONE, [(PAYER, -1, 0), (PAYEE, 1, 0)]),
        (Kind.PAYMENT, [(PAYER, PAYEE, 100)], Reason.NONE, [(PAYER, -100, 0), (PAYEE, 100, 0)]),
        (Kind.PAYMENT, [(PAYER, PAYEE, 101)], Reason.INSUFFICIENT_FUNDS, []),
        (Kind.PAYMENT, [(PAYEE, PAYER, 1)], Reason.INSUFFICIENT_FUNDS, []),
        (Kind.PAYMENT, [(PURSE, CATERER, 40)], Reason.NONE, [(PURSE, -40, 0), (CATERER, 40, 0)]),
        (Kind.PAYMENT, [(PURSE, CATERER, 41)], Reason.INSUFFICIENT_FUNDS, []),
        (Kind.ISSUE, [(ISSUER, PURSE, 5)], Reason.NONE, [(ISSUER, -5, 0), (PURSE, 5, 0)]),
        (Kind.REDEEM, [(PAYER, ISSUER, 100)], Reason.NONE, [(ISSUER, 100, 0), (PAYER, -100, 0)]),
        (Kind.SHED, [(PURSE, PAYEE, 7)], Reason.NONE, [(PURSE, -7, 0), (PAYEE, 7, 0)]),
        (Kind.REFUND, [(PAYER, PURSE, 7)], Reason.NONE, [(PAYER, -7, 0), (PURSE, 7, 0)]),
        (Kind.RETURN, [(PURSE, PAYER, 40)], Reason.NONE, [(PURSE, -40, 0), (PAYER, 40, 0)]),
        (Kind.PAYMENT, [(NOWHERE, PAYEE, 1)], Reason.ACCOUNT_UNKNOWN, []),
        (Kind.PAYMENT, [(PAYER, NOWHERE, 1)], Reason.ACCOUNT_UNKNOWN, []),
        (Kind.PAYMENT, [(-1, PAYEE, 1)], Reason.ACCOUNT_UNKNOWN, []),
        (Kind.PAYMENT, [(PAYER, PAYEE, 1), (PAYER, NOWHERE, 1)], Reason.ACCOUNT_UNKNOWN, []),
        (Kind.PAYMENT, [(PAYER, PAYEE, 60), (PAYER, PAYEE, 41)], Reason.INSUFFICIENT_FUNDS, []),
        (
            Kind.PAYMENT,
            [(PAYER, PAYEE, 60), (PAYER, PAYEE, 40)],
            Reason.NONE,
            [(PAYER, -100, 0), (PAYEE, 100, 0)],
        ),
        (
            Kind.PAYMENT,
            [(PAYEE, PAYER, 30), (PAYER, PAYEE, 30)],
            Reason.NONE,
            [],
        ),
        (
            Kind.SHED,
            [(PURSE, PAYEE, 40), (PAYEE, PAYER, 41)],
            Reason.INSUFFICIENT_FUNDS,
            [],
        ),
    ],
)
def test_a_posting_moves_this_or_nothing(
    kind: Kind,
    moves: list[tuple[int, int, int]],
    reason: Reason,
    changes: list[tuple[int, int, int]],
) -> None:
    """Goal: R-02. Method: one posting a row on the same book; outcome, balances and log."""
    small = SmallBook()
    outcome = small.post("act", *moves, kind=kind)
    status = Status.SETTLED if reason is Reason.NONE else Status.REFUSED
    assert outcome == Outcome(status, reason, ref=3)
    assert small.money() == after(*changes)
    logged = [(line.status, line.reason, line.ref) for line in small.lines()[2:]]
    assert logged == [(status, reason, 3)] * (len(moves) if reason is Reason.NONE else 1)


def unknown_payer(small: SmallBook) -> Outcome:
    """Refuse nothing by rule, but name no payer and too much money."""
    return small.post("act", (NOWHERE, PAYEE, 10**6))


def unknown_payer_under_an_answered_id(small: SmallBook) -> Outcome:
    """Use an answered id for a payer that does not exist."""
    return small.post("opening", (NOWHERE, PAYEE, 1))


def unknown_payer_refused_by_a_rule(small: SmallBook) -> Outcome:
    """Break a rule for a payer that does not exist."""
    move = Move(AccountId(NOWHERE), AccountId(PAYEE), 1)
    return small.book.pay((1, 0, 0, 0), Kind.PAYMENT, (move,), NOTHING, Reason.PAYEE_NOT_ALLOWED)


def unknown_payer_of_a_refused_posting(small: SmallBook) -> Outcome:
    """Refuse a posting of an institution, for a payer that does not exist."""
    return small.book.refuse(posting("act", (NOWHERE, PAYEE, 1)), Reason.MILESTONE_NOT_MET)


def repeated_with_too_much(small: SmallBook) -> Outcome:
    """Use an answered id for more money than there is."""
    return small.post("opening", (PAYER, PAYEE, 10**6))


def refused_by_a_rule_with_too_much(small: SmallBook) -> Outcome:
    """Break a rule with more money than there is."""
    move = Move(AccountId(PAYER), AccountId(PAYEE), 10**6)
    return small.book.pay((1, 0, 0, 0), Kind.PAYMENT, (move,), NOTHING, Reason.LIMIT_PER_PAYMENT)


def refused_by_a_rule_and_repeated(small: SmallBook) -> Outcome:
    """Break a rule under an answered id."""
    return small.book.refuse(posting("opening", (PAYER, PAYEE, 1)), Reason.MILESTONE_NOT_MET)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (unknown_payer, Reason.ACCOUNT_UNKNOWN),
        (unknown_payer_under_an_answered_id, Reason.ACCOUNT_UNKNOWN),
        (unknown_payer_refused_by_a_rule, Reason.ACCOUNT_UNKNOWN),
        (unknown_payer_of_a_refused_posting, Reason.ACCOUNT_UNKNOWN),
        (repeated_with_too_much, Reason.DUPLICATE),
        (refused_by_a_rule_and_repeated, Reason.DUPLICATE),
        (refused_by_a_rule_with_too_much, Reason.LIMIT_PER_PAYMENT),
        (lambda small: small.post("act", (PAYER, PAYEE, 10**6)), Reason.INSUFFICIENT_FUNDS),
    ],
)
def test_of_several_reasons_the_first_in_precedence_is_logged(
    act: Callable[[SmallBook], Outcome], reason: Reason
) -> None:
    """Goal: precedence of reasons. Method: postings that violate two requirements each."""
    small = SmallBook()
    assert act(small)[:2] == (Status.REFUSED, reason)
    assert small.lines()[-1].reason == reason
    assert small.money() == START


def test_the_reasons_are_tabled_in_their_order_of_precedence() -> None:
    """Goal: the table above follows the numbers. Method: the numbers ascend as declared."""
    assert list(Reason) == sorted(Reason)
    assert (
        Reason.NONE
        < Reason.ACCOUNT_UNKNOWN
        < Reason.DUPLICATE
        < min(reason for reason in Reason if reason > Reason.DUPLICATE)
    )
    assert max(Reason) is Reason.INSUFFICIENT_FUNDS


@pytest.mark.parametrize("times", [1, 2, 1_000])
def test_a_repeated_id_changes_nothing_however_often(times: int) -> None:
    """Goal: R-04. Method: send the same posting again and compare answers, money and log."""
    small = SmallBook()
    first = small.post("meal", (PAYER, PAYEE, 30))
    digest = small.journal.digest()
    found = {small.post("meal", (PAYER, PAYEE, 30)) for _ in range(times)}
    assert found == {first._replace(existed=True)}
    assert small.money() == after((PAYER, -30, 0), (PAYEE, 30, 0))
    assert small.journal.digest() == digest


@pytest.mark.parametrize("last", [1, 8_192])
@pytest.mark.parametrize(
    ("repeated", "difference"),
    [
        (posting("meal", (PAYER, PAYEE, 31)), "moves"),
        (posting("meal", (PAYEE, PAYER, 30)), "moves"),
        (posting("meal", (PAYER, PAYEE, 30), (PAYER, PAYEE, 30)), "moves"),
        (posting("meal", (PAYER, PAYEE, 30), kind=Kind.RETURN), "kind"),
        (posting("meal", (PAYER, PAYEE, 31), kind=Kind.RETURN), "kind"),
        (posting("meal", (PAYER, PAYEE, 30), carried=Particulars(place=NOTHING.rule)), ""),
        (posting("meal", (PAYER, PAYEE, 30), carried=Particulars(attempt=1)), "particulars"),
    ],
)
def test_an_id_used_for_something_else_is_refused_and_says_what_differs(
    repeated: object, difference: str, last: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: R-04, same id with other content. Method: change one thing; other postings between."""
    monkeypatch.setattr(answers, "_LAST_MAX", last)
    small = SmallBook()
    first = small.post("meal", (PAYER, PAYEE, 30))
    for number in range(3):
        small.post(f"tea {number}", (PAYER, PAYEE, 1))
    outcome = small.book.post(repeated)  # type: ignore[arg-type]
    assert small.money() == after((PAYER, -33, 0), (PAYEE, 33, 0))
    if not difference:
        assert outcome == first._replace(existed=True)
        return
    assert outcome[:2] == (Status.REFUSED, Reason.DUPLICATE)
    assert not outcome.existed
    line = small.lines()[-1]
    assert (line.status, line.rule) == (Status.REFUSED, f"different_{difference}")
    assert small.post("meal", (PAYER, PAYEE, 30)) == first._replace(existed=True)


def test_what_was_refused_stays_refused_when_money_comes() -> None:
    """Goal: R-04, an id that was refused first. Method: fund the payer, then try again."""
    small = SmallBook()
    refused = small.post("meal", (PAYEE, PAYER, 50))
    small.post("funds", (PAYER, PAYEE, 100))
    assert refused[:2] == (Status.REFUSED, Reason.INSUFFICIENT_FUNDS)
    assert small.post("meal", (PAYEE, PAYER, 50)) == refused._replace(existed=True)
    assert small.book.refuse(
        posting("meal", (PAYEE, PAYER, 50)), Reason.MILESTONE_NOT_MET
    ) == refused._replace(existed=True)
    assert small.post("meal again", (PAYEE, PAYER, 50)).status is Status.SETTLED


def test_a_posting_refused_by_a_rule_is_never_settled() -> None:
    """Goal: a decision is final. Method: refuse, then post and hold the same id."""
    small = SmallBook()
    claim = posting("claim", (PAYER, PAYEE, 5))
    refused = small.book.refuse(claim, Reason.MILESTONE_NOT_MET)
    assert refused == Outcome(Status.REFUSED, Reason.MILESTONE_NOT_MET, ref=3)
    assert small.book.post(claim) == refused._replace(existed=True)
    assert small.book.hold(claim) == refused._replace(existed=True)
    assert small.money() == START
    assert len(small.lines()) == 3


def test_a_posting_without_moves_is_no_posting() -> None:
    """Goal: misuse is told. Method: no moves, under a fresh id and under an answered one."""
    small = SmallBook()
    acts: list[Callable[[Posting], Outcome]] = [
        small.book.post,
        small.book.hold,
        small.book.record,
        lambda refused: small.book.refuse(refused, Reason.RULE_NOT_MET),
    ]
    for act in acts:
        for posting_id in ("nothing", "opening"):
            with pytest.raises(ValueError, match="at least one move"):
                act(posting(posting_id))
    assert len(small.journal) == 2


@pytest.mark.parametrize(
    "amount_tiyn",
    [0, -1, 10**13 + 1, 2**63, 10**30, 1.0, nan, True, "1", None, Decimal(1), np.int64(1)],
    ids=repr,
)
def test_only_ints_are_money(amount_tiyn: object) -> None:
    """Goal: R-05. Method: offer each to every way in; nothing moves and nothing is logged."""
    small = SmallBook()
    move = Move(AccountId(PAYER), AccountId(PAYEE), amount_tiyn)  # type: ignore[arg-type]
    wrong = posting("wrong", move)
    leg = Leg(np.array([PAYER]), np.array([PAYEE]))
    batch = Batch("wrong too", Kind.PAYMENT, (leg,), np.array([amount_tiyn]), NOTHING)
    ways_in: list[Callable[[], object]] = [
        lambda: small.book.post(wrong),
        lambda: small.book.hold(wrong),
        lambda: small.book.record(wrong),
        lambda: small.book.refuse(wrong, Reason.MILESTONE_NOT_MET),
        lambda: small.book.pay((1, 0, 0, 0), Kind.PAYMENT, (move,), NOTHING),
        lambda: small.book.pay((2, 0, 0, 0), Kind.DELIVERY, (move,), NOTHING),
        lambda: small.book.pay((3, 0, 0, 0), Kind.PAYMENT, (move,), NOTHING, Reason.RULE_NOT_MET),
        lambda: small.book.post(posting("wrong", move._replace(debit=AccountId(NOWHERE)))),
        lambda: small.book.post(posting("opening", move)),
    ]
    if type(amount_tiyn) is not np.int64:
        # A column of these is what a batch carries.
        ways_in.append(lambda: small.book.post_many(batch))
    for way_in in ways_in:
        with pytest.raises(ValueError, match="as int"):
            way_in()
    assert small.money() == START
    assert len(small.lines()) == 2


def test_evidence_names_accounts_that_exist() -> None:
    """Goal: a record is about somebody. Method: record for an account that nobody opened."""
    small = SmallBook()
    refused = small.book.record(posting("evidence", (NOWHERE, PAYEE, 5), kind=Kind.DELIVERY))
    assert refused == Outcome(Status.REFUSED, Reason.ACCOUNT_UNKNOWN, ref=3)
    move = Move(AccountId(NOWHERE), AccountId(PAYEE), 5)
    assert small.book.pay((1, 0, 0, 0), Kind.DELIVERY, (move,), NOTHING)[:2] == refused[:2]
    assert [line.status for line in small.lines()[2:]] == [Status.REFUSED] * 2


def test_what_the_chart_forbids_can_be_refused_and_logged() -> None:
    """Goal: an attempt leaves a row. Method: redeem marked money; the chart would raise."""
    small = SmallBook()
    attempt = posting("redeem", (PURSE, ISSUER, 5), kind=Kind.REDEEM)
    refused = small.book.refuse(attempt, Reason.CONVERSION_NOT_ALLOWED)
    assert refused == Outcome(Status.REFUSED, Reason.CONVERSION_NOT_ALLOWED, ref=3)
    assert small.lines()[-1].reason == Reason.CONVERSION_NOT_ALLOWED
    with pytest.raises(ValueError, match="sheds no mark"):
        small.book.post(attempt)
    assert small.money() == START


def test_a_delivery_is_recorded_whatever_the_purse_holds() -> None:
    """Goal: evidence moves no money. Method: record more than there is, singly and on the tape."""
    small = SmallBook()
    move = Move(small.payee, small.payer, 10**6)
    assert small.book.pay((1, 0, 0, 0), Kind.DELIVERY, (move,), NOTHING)[:2] == (
        Status.RECORDED,
        Reason.NONE,
    )
    correction = posting("correction", move, move, kind=Kind.REFUND)
    assert small.book.record(correction) == Outcome(Status.RECORDED, Reason.NONE, ref=4)
    assert small.book.record(correction) == Outcome(Status.RECORDED, Reason.NONE, 4, existed=True)
    assert small.money() == START
    assert [line.status for line in small.lines()[2:]] == [Status.RECORDED] * 3


def test_a_row_says_all_that_happened() -> None:
    """Goal: no column holds another's value. Method: values that differ in every column."""
    small = SmallBook()
    name = small.names.id
    carried = Particulars(
        intent=-77,
        attempt=2,
        true_label=TrueLabel.PHANTOM,
        evidence=Evidence.PRESENCE_QR | Evidence.PAYEE_CONTRACTED,
        region=name("KZ-71"),
        programme=name("school_meals"),
        place=name("school-007"),
        rule=name("presence"),
        value=11,
        limit=12,
    )
    small.now_us = 123_456
    shed = posting("shed", (PURSE, PAYEE, 9), kind=Kind.SHED, carried=carried)
    small.book.post(shed)
    row = dict(zip(COLUMNS, small.journal.rows()[-1].item(), strict=True))
    assert row == {
        "seq": 2,
        "time_us": 123_456,
        "kind": Kind.SHED,
        "status": Status.SETTLED,
        "reason": Reason.NONE,
        "rule": name("presence"),
        "value": 11,
        "limit": 12,
        "payer": name("pupil"),
        "payee": name("payee"),
        "keeper": name(NB),
        "form": DT,
        "mark": name(MARK),
        "keeper_to": name(NB),
        "form_to": DT,
        "mark_to": 0,
        "amount_tiyn": 9,
        "ref": 3,
        "intent": -77,
        "attempt": 2,
        "true_label": TrueLabel.PHANTOM,
        "evidence": 4 + 64,
        "region": name("KZ-71"),
        "programme": name("school_meals"),
        "place": name("school-007"),
    }


def test_an_unknown_account_is_logged_as_nobody() -> None:
    """Goal: a refusal is logged without inventing a party. Method: read the row's two sides."""
    small = SmallBook()
    small.post("act", (NOWHERE, PAYEE, 5))
    line = small.lines()[-1]
    assert line.payer == NOBODY
    assert line.payee == ("payee", NB, DT, "")
    assert line.amount_tiyn == 5


def test_an_account_is_opened_once() -> None:
    """Goal: one account per holder, keeper, form and mark. Method: open again, and change each."""
    small = SmallBook()
    known = list(small.book.balances())
    assert small.book.open("payer", NB, DT) == small.payer
    assert small.book.open("pupil", NB, DT, MARK) == small.purse
    assert list(small.book.balances()) == known
    others = [
        small.book.open("pupil", NB, DT),
        small.book.open("pupil", NB, DT, "roads"),
        small.book.open("pupil", "bank", DT, MARK),
        small.book.open("pupil", NB, Form.BANK_DEPOSIT),
    ]
    assert others == [5, 6, 7, 8]
    name = small.names.id
    assert small.book.account(small.purse) == Account(name("pupil"), name(NB), DT, name(MARK))
    assert small.book.balances()[small.book.account(5)] == Balance(0, 0)


@pytest.mark.parametrize(
    ("holder", "keeper", "form", "mark", "fragment"),
    [
        ("", NB, DT, "", "holder and a keeper"),
        ("pupil", "", DT, "", "holder and a keeper"),
        ("pupil", NB, Form.BANK_DEPOSIT, MARK, "only digital tenge"),
        ("pupil", NB, Form.BANK_RESERVE, MARK, "only digital tenge"),
        ("pupil", NB, Form.TREASURY_SINGLE_ACCOUNT, MARK, "only digital tenge"),
    ],
)
def test_an_account_that_makes_no_sense_is_not_opened(
    holder: str, keeper: str, form: Form, mark: str, fragment: str
) -> None:
    """Goal: misuse is told. Method: one mistake a row."""
    small = SmallBook()
    with pytest.raises(ValueError, match=fragment):
        small.book.open(holder, keeper, form, mark)
    assert len(small.book.balances()) == len(START)


def test_supply_has_a_limit_and_reaches_it_exactly() -> None:
    """Goal: R-07. Method: issue all that 62 bits hold, then one tiyn more."""
    small = SmallBook(funded=False)
    small.post("all", (ISSUER, PAYER, SUPPLY_MAX_TIYN), kind=Kind.ISSUE)
    assert small.money()[:2] == [(-SUPPLY_MAX_TIYN, 0), (SUPPLY_MAX_TIYN, 0)]
    money, digest = small.money(), small.journal.digest()
    with pytest.raises(InvariantError, match="owe more"):
        small.post("one more", (ISSUER, PAYER, 1), kind=Kind.ISSUE)
    assert (small.money(), small.journal.digest()) == (money, digest)


def test_supply_that_a_hold_promised_is_counted_when_it_is_completed() -> None:
    """Goal: R-07 in two phases. Method: between a hold and its end, issue up to it and beyond."""
    legs = (PAYER, ISSUER, 5), (ISSUER, PAYEE, 3), (ISSUER, PAYEE, 2)
    for too_much in (0, 1):
        small = SmallBook()
        small.book.hold(posting("exchange", *legs, kind=Kind.REDEEM))
        issued = SUPPLY_MAX_TIYN - 140 - 5 + too_much
        small.post("all", (ISSUER, PAYEE, issued), kind=Kind.ISSUE)
        if not too_much:
            assert small.book.complete("exchange").status is Status.POSTED
            continue
        money, digest = small.money(), small.journal.digest()
        with pytest.raises(InvariantError, match="owe more"):
            small.book.complete("exchange")
        assert (small.money(), small.journal.digest()) == (money, digest)


def test_turnover_beyond_64_bits_is_audited_exactly() -> None:
    """Goal: R-07, sums of a log do not wrap. Method: issue and redeem all that 62 bits hold."""
    small = SmallBook(funded=False)
    for turn in range(9):
        small.post(f"issue {turn}", (ISSUER, PAYER, SUPPLY_MAX_TIYN), kind=Kind.ISSUE)
        small.post(f"redeem {turn}", (PAYER, ISSUER, SUPPLY_MAX_TIYN), kind=Kind.REDEEM)
    small.post("issue", (ISSUER, PAYER, SUPPLY_MAX_TIYN), kind=Kind.ISSUE)
    small.journal.flush()
    small.auditor.check(small.book.balance_columns(), "end")
    assert sorted(small.auditor.balances().values()) == [
        (-SUPPLY_MAX_TIYN, 0),
        (SUPPLY_MAX_TIYN, 0),
    ]


def test_a_ring_of_payments_leaves_every_balance() -> None:
    """Goal: nothing leaks between accounts. Method: each pays its neighbour, seven rounds."""
    small = SmallBook()
    ring = [small.payer, *(small.book.open(f"link-{i}", NB, DT) for i in range(20))]
    for place, wallet in enumerate(ring[1:]):
        small.post(f"fund {place}", (ISSUER, wallet, 100), kind=Kind.OPENING)
    before = small.money()
    for turn in range(7):
        for place, wallet in enumerate(ring):
            payee = ring[(place + 1) % len(ring)]
            assert small.post(f"{turn}/{place}", (wallet, payee, 100)).status is Status.SETTLED
    assert small.money() == before


@given(payments=st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=30))
def test_ten_times_the_money_is_ten_times_the_balances(payments: list[tuple[bool, int]]) -> None:
    """Goal: R-32, scale does not matter. Method: the same payments at two scales."""
    books = [SmallBook(), SmallBook(funded=False)]
    books[1].post("opening", (ISSUER, PAYER, 1_000), kind=Kind.OPENING)
    books[1].post("issue", (ISSUER, PURSE, 400), kind=Kind.ISSUE)
    for number, (is_back, amount) in enumerate(payments):
        debit, credit = (PAYEE, PAYER) if is_back else (PAYER, PAYEE)
        found = {
            small.post(f"{number}", (debit, credit, amount * scale))[:2]
            for small, scale in zip(books, (1, 10), strict=True)
        }
        assert len(found) == 1
    assert [(10 * free, 10 * held) for free, held in books[0].money()] == books[1].money()
