"""Claims about what the book does in two phases, in batches, at expiry and along the tape."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengesim.codes import Form, Kind, Reason, Status
from tengesim.money import PAYMENT_MAX_TIYN
from tengesim.payment import AccountId, Batch, Leg, Move, Outcome, Particulars, Posting
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
    batch_of,
    posting,
)

Act = Callable[[SmallBook], object]


def hold_meal(small: SmallBook) -> object:
    """Put 60 of the payer's 100 tiyn on hold."""
    return small.book.hold(posting("meal", (PAYER, PAYEE, 60)))


def complete_meal(small: SmallBook) -> object:
    """Complete what is on hold."""
    return small.book.complete("meal")


def void_meal(small: SmallBook) -> object:
    """Release what is on hold."""
    return small.book.void("meal")


@pytest.mark.parametrize(
    ("acts", "last", "changes", "statuses"),
    [
        ([hold_meal], Outcome(Status.HELD, Reason.NONE, 3), [(PAYER, -60, 60)], [Status.HELD]),
        (
            [hold_meal, complete_meal],
            Outcome(Status.POSTED, Reason.NONE, 3),
            [(PAYER, -60, 0), (PAYEE, 60, 0)],
            [Status.HELD, Status.POSTED],
        ),
        (
            [hold_meal, void_meal],
            Outcome(Status.VOIDED, Reason.NONE, 3),
            [],
            [Status.HELD, Status.VOIDED],
        ),
        (
            [hold_meal, hold_meal],
            Outcome(Status.HELD, Reason.NONE, 3, existed=True),
            [(PAYER, -60, 60)],
            [Status.HELD],
        ),
        (
            [hold_meal, complete_meal, complete_meal],
            Outcome(Status.POSTED, Reason.NONE, 3, existed=True),
            [(PAYER, -60, 0), (PAYEE, 60, 0)],
            [Status.HELD, Status.POSTED],
        ),
        (
            [hold_meal, void_meal, void_meal],
            Outcome(Status.VOIDED, Reason.NONE, 3, existed=True),
            [],
            [Status.HELD, Status.VOIDED],
        ),
        (
            [hold_meal, void_meal, hold_meal],
            Outcome(Status.HELD, Reason.NONE, 3, existed=True),
            [],
            [Status.HELD, Status.VOIDED],
        ),
    ],
)
def test_held_money_is_posted_or_voided_once(
    acts: list[Act], last: Outcome, changes: list[tuple[int, int, int]], statuses: list[Status]
) -> None:
    """Goal: two phases, each once. Method: short orders of acts; last answer, money and log."""
    small = SmallBook()
    answers = [act(small) for act in acts]
    assert answers[-1] == last
    assert small.money() == after(*changes)
    assert [line.status for line in small.lines()[2:]] == statuses
    assert (small.book.free(small.payer), small.book.held(small.payer)) == small.money()[PAYER]


@pytest.mark.parametrize(
    ("acts", "error"),
    [
        ([complete_meal], KeyError),
        ([void_meal], KeyError),
        ([hold_meal, complete_meal, void_meal], ValueError),
        ([hold_meal, void_meal, complete_meal], ValueError),
        ([lambda small: small.post("meal", (PAYER, PAYEE, 60)), complete_meal], KeyError),
        ([lambda small: small.post("meal", (PAYER, PAYEE, 101)), void_meal], KeyError),
        (
            [lambda small: small.book.hold(posting("meal", (PAYER, PAYEE, 101))), complete_meal],
            KeyError,
        ),
    ],
)
def test_nothing_is_released_that_is_not_on_hold(acts: list[Act], error: type[Exception]) -> None:
    """Goal: R-02, release of more than was held. Method: wrong orders raise and move nothing."""
    small = SmallBook()
    for act in acts[:-1]:
        act(small)
    money, digest = small.money(), small.journal.digest()
    with pytest.raises(error, match="meal"):
        acts[-1](small)
    assert (small.money(), small.journal.digest()) == (money, digest)


def test_held_money_cannot_be_spent_or_held_again() -> None:
    """Goal: free and held are apart. Method: spend and hold what is left, and one tiyn more."""
    small = SmallBook()
    hold_meal(small)
    assert small.post("more", (PAYER, PAYEE, 41)).reason is Reason.INSUFFICIENT_FUNDS
    assert small.book.hold(posting("too", (PAYER, PAYEE, 41))).reason is Reason.INSUFFICIENT_FUNDS
    assert small.post("rest", (PAYER, PAYEE, 40)).status is Status.SETTLED
    assert small.money() == after((PAYER, -100, 60), (PAYEE, 40, 0))


def test_expected_money_cannot_be_put_on_hold() -> None:
    """Goal: a hold reserves what is there. Method: a chain that would settle is not reserved."""
    chain = (PURSE, CATERER, 40), (CATERER, PURSE, 40)
    small = SmallBook()
    assert small.book.hold(posting("held", *chain)).reason is Reason.INSUFFICIENT_FUNDS
    assert small.post("settled", *chain).status is Status.SETTLED
    assert small.money() == START


def test_a_hold_takes_money_of_somebody() -> None:
    """Goal: a hold leaves a row. Method: a posting that only the issuer pays for."""
    small = SmallBook()
    with pytest.raises(ValueError, match="no holder's money"):
        small.book.hold(posting("more", (ISSUER, PURSE, 5), kind=Kind.ISSUE))
    assert (small.money(), len(small.journal)) == (START, 2)
    assert small.post("more", (ISSUER, PURSE, 5), kind=Kind.ISSUE).status is Status.SETTLED


def test_a_claim_on_hold_reserves_only_what_holders_owe() -> None:
    """Goal: issuer legs wait for completion. Method: three legs through hold and complete."""
    small = SmallBook(funded=False)
    tsa = Form.TREASURY_SINGLE_ACCOUNT
    issuer = small.book.open(NB, NB, tsa)
    treasury = small.book.open("treasury", NB, tsa)
    bank_issuer = small.book.open("bank", "bank", Form.BANK_DEPOSIT)
    deposit = small.book.open("caterer", "bank", Form.BANK_DEPOSIT)
    small.post("opening", (issuer, treasury, 50), kind=Kind.OPENING)
    legs = (treasury, issuer, 20), (bank_issuer, deposit, 20)
    small.book.hold(posting("claim", *legs, kind=Kind.CLAIM))
    assert small.money()[5:] == [(-50, 0), (30, 20), (0, 0), (0, 0)]
    small.book.complete("claim")
    assert small.money()[5:] == [(-30, 0), (30, 0), (-20, 0), (20, 0)]
    statuses = [line.status for line in small.lines()]
    assert statuses == [Status.SETTLED, Status.HELD, Status.POSTED, Status.SETTLED]
    small.book.hold(posting("second", *legs, kind=Kind.CLAIM))
    small.book.void("second")
    assert small.money()[5:] == [(-30, 0), (30, 0), (-20, 0), (20, 0)]
    assert len({line.ref for line in small.lines()}) == 3


PURSES = 6
BATCHES = st.lists(
    st.tuples(st.permutations(range(PURSES)), st.integers(1, 15), st.integers(0, 4)),
    max_size=30,
)


def drawn_batch(small: SmallBook, drawn: list[tuple[list[int], int, int]]) -> Batch:
    """Return a batch over purses that are opened for it, in the order drawn."""
    purses = [small.purse, *(small.book.open(f"pupil-{i}", NB, DT, MARK) for i in range(PURSES))]
    moves = [(purses[places[0]], purses[places[1]], amount) for places, amount, _ in drawn]
    return batch_of("batch", *moves, regions=[region for _, _, region in drawn])


@given(drawn=BATCHES)
def test_a_batch_is_its_postings_made_singly_in_account_order(
    drawn: list[tuple[list[int], int, int]],
) -> None:
    """Goal: `post_many` is only shorter. Method: compare logs, money and answers."""
    together, singly = SmallBook(), SmallBook()
    batch = drawn_batch(together, drawn)
    drawn_batch(singly, drawn)
    order = sorted(range(len(drawn)), key=lambda i: (*batch.moves(i)[0][:2], i))
    answers = {
        i: singly.book.post(
            Posting(f"single {i}", batch.kind, batch.moves(i), batch.particulars(i))
        )
        for i in order
    }
    expected = [answers[i].reason for i in range(len(drawn))]
    assert together.book.post_many(batch).tolist() == expected
    assert together.money() == singly.money()
    assert together.journal.digest() == singly.journal.digest()


def test_a_refused_posting_of_a_batch_does_not_stop_the_others() -> None:
    """Goal: each is atomic by itself. Method: a batch whose second move lacks money."""
    small = SmallBook()
    batch = batch_of("batch", *((PAYER, PAYEE, amount) for amount in (60, 41, 40)))
    reasons = small.book.post_many(batch)
    assert reasons.dtype == np.uint8
    assert reasons.tolist() == [Reason.NONE, Reason.INSUFFICIENT_FUNDS, Reason.NONE]
    assert small.money() == after((PAYER, -100, 0), (PAYEE, 100, 0))


def test_a_batch_is_answered_once() -> None:
    """Goal: R-04 for batches. Method: send it again, and send its id as a posting."""
    small = SmallBook()
    moves = (PAYER, PAYEE, 3), (PAYER, PAYEE, 4)
    assert len(small.book.post_many(batch_of("batch", *moves))) == 2
    money, rows = small.money(), len(small.journal)
    assert small.book.post_many(batch_of("batch", *moves)).tolist() == []
    assert small.book.post_many(batch_of("opening", *moves)).tolist() == []
    assert (small.money(), len(small.journal)) == (money, rows)
    for alike in (posting("batch", *moves, kind=Kind.DISTRIBUTE), posting("batch", moves[0])):
        assert small.book.post(alike)[:2] == (Status.REFUSED, Reason.DUPLICATE)
    rules = [line.rule for line in small.lines()[rows:]]
    assert rules == ["different_moves", "different_kind"]
    assert small.money() == money


ONE = np.array([1])


@pytest.mark.parametrize(
    "batch",
    [
        Batch("short", Kind.DISTRIBUTE, (Leg(ONE, ONE[:0]),), ONE, NOTHING),
        Batch("short", Kind.DISTRIBUTE, (Leg(ONE, ONE), Leg(ONE[:0], ONE)), ONE, NOTHING),
        Batch("short", Kind.DISTRIBUTE, (Leg(ONE, ONE),), ONE, NOTHING, ONE[:0]),
        Batch("long", Kind.DISTRIBUTE, (Leg(ONE, ONE),), ONE[:0], NOTHING),
        Batch("deep", Kind.DISTRIBUTE, (Leg(ONE, ONE),), ONE.reshape(1, 1), NOTHING),
        Batch("no leg", Kind.DISTRIBUTE, (), ONE, NOTHING),
        Batch("small", Kind.DISTRIBUTE, (Leg(ONE, ONE.astype(np.int32)),), ONE, NOTHING),
        Batch("parts", Kind.DISTRIBUTE, (Leg(ONE, ONE),), ONE / 2, NOTHING),  # type: ignore[arg-type]
        Batch("lists", Kind.DISTRIBUTE, (Leg(ONE, ONE),), [1], NOTHING),  # type: ignore[arg-type]
        Batch("record", Kind.OBLIGATION, (Leg(ONE, ONE + 1),), ONE, NOTHING),
    ],
    ids=lambda batch: batch.id,
)
def test_a_batch_has_an_account_and_a_region_for_every_amount(batch: Batch) -> None:
    """Goal: misuse is told. Method: columns too short, too long, of another type; nothing moves."""
    small = SmallBook()
    for _ in range(2):
        with pytest.raises(ValueError, match=rf"{batch.id}|recorded"):
            small.book.post_many(batch)
    assert (small.money(), len(small.journal)) == (START, 2)


def test_a_batch_of_nothing_is_answered_too() -> None:
    """Goal: R-04. Method: no posting, then one under the same id."""
    small = SmallBook()
    assert small.book.post_many(batch_of("batch")).tolist() == []
    assert small.book.post_many(batch_of("batch", (PAYER, PAYEE, 1))).tolist() == []
    assert (small.money(), len(small.journal)) == (START, 2)


def test_a_malformed_batch_leaves_nothing_behind_however_often_it_is_sent() -> None:
    """Goal: R-04. Method: the last move is malformed; send it again, then send it whole."""
    small = SmallBook()
    first = (PAYER, PAYEE, 10)
    for _ in range(3):
        with pytest.raises(ValueError, match="as int"):
            small.book.post_many(batch_of("batch", first, (PURSE, CATERER, 0)))
    assert (small.money(), len(small.journal)) == (START, 2)
    whole = batch_of("batch", first, (PURSE, CATERER, 1), (NOWHERE, PAYEE, 1))
    reasons = small.book.post_many(whole).tolist()
    assert reasons == [Reason.NONE, Reason.NONE, Reason.ACCOUNT_UNKNOWN]


@pytest.mark.parametrize(
    ("move", "kind", "reason"),
    [
        ((ISSUER, PAYEE, 1), Kind.OPENING, Reason.NONE),
        ((PAYER, ISSUER, 1), Kind.REDEEM, Reason.NONE),
        ((PAYER, NOWHERE, 1), Kind.DISTRIBUTE, Reason.ACCOUNT_UNKNOWN),
        ((NOWHERE, PAYEE, 1), Kind.DISTRIBUTE, Reason.ACCOUNT_UNKNOWN),
        ((-1, PAYEE, 1), Kind.DISTRIBUTE, Reason.ACCOUNT_UNKNOWN),
        ((PAYER, -1, 1), Kind.DISTRIBUTE, Reason.ACCOUNT_UNKNOWN),
    ],
)
def test_a_batch_knows_the_first_account_and_none_beyond_the_last(
    move: tuple[int, int, int], kind: Kind, reason: Reason
) -> None:
    """Goal: accounts are known exactly. Method: the first id, one below it, one after the last."""
    small = SmallBook()
    assert small.book.post_many(batch_of("batch", move, kind=kind)).tolist() == [reason]


def test_what_the_chart_forbids_is_forbidden_in_batches_and_on_the_tape() -> None:
    """Goal: no way in is less strict. Method: what bears no mark to a marked account."""
    small = SmallBook()
    move = Move(small.payee, small.purse, 1)
    with pytest.raises(ValueError, match="attaches no mark"):
        small.book.post_many(batch_of("batch", move))
    for position, reason in enumerate((Reason.NONE, Reason.RULE_NOT_MET)):
        with pytest.raises(ValueError, match="attaches no mark"):
            small.book.pay((position, 0, 0, 0), Kind.PAYMENT, (move,), NOTHING, reason)
    assert (small.money(), len(small.journal)) == (START, 2)


def sweep(small: SmallBook, sweep_id: str, *keep: AccountId, mark: str = MARK) -> int:
    """Return what is left under the mark to the payer."""
    return small.book.sweep(
        mark,
        small.payer,
        posting_id=sweep_id,
        kind=Kind.RETURN,
        keep=frozenset(keep),
        carried=Particulars(intent=small.names.id(sweep_id)),
    )


def test_a_sweep_empties_the_mark_but_what_is_kept_or_held() -> None:
    """Goal: expiry. Method: four marked accounts: empty, kept, part on hold, full."""
    small = SmallBook()
    late = small.book.open("late", NB, DT, MARK)
    small.post("late", (PURSE, late, 30))
    small.post("paid", (PURSE, CATERER, 4))
    small.book.hold(posting("held", (late, CATERER, 10)))
    assert sweep(small, "expiry", small.caterer) == 26
    assert small.money() == [(-140, 0), (126, 0), (0, 0), (0, 0), (4, 0), (0, 10)]
    swept = [line for line in small.lines() if line.kind == Kind.RETURN]
    assert [(line.payer[0], line.amount_tiyn) for line in swept] == [("pupil", 6), ("late", 20)]
    assert [small.names.text(line.carried[0]) for line in swept] == ["expiry"] * 2


def test_a_sweep_happens_once_and_may_find_nothing() -> None:
    """Goal: R-04 for sweeps. Method: again by id, again by another id, an unknown mark."""
    small = SmallBook()
    assert sweep(small, "expiry") == 40
    small.post("refund", (PAYER, PURSE, 5), kind=Kind.REFUND)
    assert sweep(small, "expiry") == 0
    assert small.money()[PURSE] == (5, 0)
    assert sweep(small, "second expiry") == 5
    rows = len(small.journal)
    assert sweep(small, "third expiry") == 0
    assert sweep(small, "nobody's", mark="roads") == 0
    assert len(small.journal) == rows


def test_a_sweep_may_return_more_than_a_payment_may_carry() -> None:
    """Goal: R-07, a bulk act has no limit of its own. Method: a purse above 10^13 tiyn."""
    small = SmallBook(funded=False)
    much = 2 * PAYMENT_MAX_TIYN
    small.post("issue", (ISSUER, PURSE, much), kind=Kind.ISSUE)
    assert sweep(small, "expiry") == much


@pytest.mark.parametrize(
    ("first", "second", "is_answered"),
    [
        ((5, 0, 0, 0), (5, 0, 0, 1), True),
        ((5, 0, 0, 2), (5, 0, 1, 0), True),
        ((5, 0, 9, 2), (5, 1, 0, 0), True),
        ((5, 9, 9, 2), (6, 0, 0, 0), True),
        ((5, 0, 0, 0), (5, 0, 0, 0), False),
        ((5, 0, 0, 1), (5, 0, 0, 0), False),
        ((5, 0, 1, 0), (5, 0, 0, 2), False),
        ((5, 1, 0, 0), (5, 0, 9, 2), False),
        ((5, 0, 0, 0), (4, 9, 9, 2), False),
    ],
)
def test_the_tape_is_paid_forwards_only(
    first: tuple[int, int, int, int], second: tuple[int, int, int, int], *, is_answered: bool
) -> None:
    """Goal: R-04 for retail payments. Method: two positions; the second is beyond or is not."""
    small = SmallBook()
    move = Move(small.purse, small.caterer, 3)
    for position in (first, second):
        answer = small.book.pay(position, Kind.PAYMENT, (move,), NOTHING)
    assert small.money()[CATERER] == (6 if is_answered else 3, 0)
    assert len(small.journal) == (4 if is_answered else 3)
    expected = (Status.SETTLED, Reason.NONE) if is_answered else (Status.REFUSED, Reason.DUPLICATE)
    assert answer[:2] == expected  # type: ignore[possibly-undefined]
    assert answer.existed is not is_answered
