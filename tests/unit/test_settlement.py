"""Wants are answered attempt by attempt: what is decided, what is counted, and who hears of it."""

import datetime as dt
from itertools import product

import pytest

from tengesim.clock import HOUR_US, Calendar
from tengesim.codes import Evidence, Form, Kind, Reason, Status, TrueLabel
from tengesim.engine.bulletin import Board
from tengesim.engine.settlement import Settlement, Takings, VoucherControl
from tengesim.journal.events import Rows
from tengesim.journal.names import Names
from tengesim.journal.sink import Journal
from tengesim.ledger.book import Book
from tengesim.payment import AccountId, Move, NameId, Posting, Want
from tengesim.ports import Complaint
from tests.worlds import MARKED, WALLET, small

PRICE_TIYN = 81_100
MARK = "school_meals.2026-02"
CALENDAR = Calendar(((dt.date(2000, 1, 1), 5 * HOUR_US),))
NOON_US = CALENDAR.at(dt.date(2026, 2, 2), 12 * HOUR_US)
BASE = int(Evidence.BENEFICIARY_ELIGIBLE | Evidence.PAYEE_CONTRACTED)
SCANNED = BASE | int(Evidence.PRESENCE_QR)
BY_HAND = BASE | int(Evidence.PRESENCE_MANUAL)


class Counter:
    """A canteen with two purses: where wants are answered, and what that leaves behind."""

    def __init__(self, *, marked: bool = True, purse_tiyn: int = PRICE_TIYN) -> None:
        """Fill two purses; use the rule book of the marked arm or of the social wallet."""
        self.names = Names()
        self.journal = Journal(self.names)
        self.now_us = int(NOON_US)
        self.book = Book(self.journal, self.names, lambda: self.now_us)
        self.board = Board()
        self.complaints: list[object] = []
        self.board.listen("complaint", self.complaints.append)
        self.takings = Takings()
        scenario = small(MARKED if marked else WALLET)
        kind = Kind.PAYMENT if marked else Kind.DELIVERY
        self.control = VoucherControl(
            scenario.book_of("school_meals"),
            kind,
            programme=self.names.id("school_meals"),
            region=self.names.id("KZ-71"),
        )
        self.settlement = Settlement(
            self.book,
            {"school_meals": self.control},
            takings=self.takings,
            board=self.board,
            calendar=CALENDAR,
            names=self.names,
            text=self.names.text,
        )
        mark = MARK if marked else ""
        self.purses = [self._opened(f"pupil-{i}", mark) for i in range(2)]
        self.payee = self._opened("caterer-01", mark)
        issuer = self._opened("nb", "")
        for number, purse in enumerate(self.purses if marked and purse_tiyn else ()):
            moves = (Move(issuer, purse, purse_tiyn),)
            self.book.post(Posting(f"issue {number}", Kind.ISSUE, moves))
        self._index = 0

    def _opened(self, holder: str, mark: str) -> AccountId:
        return self.book.open(holder, "nb", Form.DIGITAL_TENGE, mark)

    def want(
        self,
        *evidence: int,
        pupil: int = 0,
        label: TrueLabel = TrueLabel.HONEST,
        is_unserved: bool = False,
        category: str = "5811",
    ) -> Rows:
        """Answer one more want and return the rows it leaves."""
        self._index += 1
        self.now_us += 1
        before = len(self.journal.rows())
        self.settlement.answer(
            Want(
                time_us=self.now_us,
                stratum=0,
                number=self._index,
                intent=-self._index,
                programme="school_meals",
                payer=self.purses[pupil],
                payee=self.payee,
                amount_tiyn=PRICE_TIYN,
                category=category,
                place=self.names.id("school-001"),
                true_label=label,
                is_unserved=is_unserved,
                evidence=evidence,
            )
        )
        return self.journal.rows()[before:]

    @property
    def taken_tiyn(self) -> int:
        """Return what the canteen took so far."""
        return self.takings.of("school_meals", "school-001", "caterer-01")


def test_the_first_attempt_that_passes_ends_the_want() -> None:
    """Goal: no meal is paid twice. Method: three attempts of which the second and third would."""
    counter = Counter()
    rows = counter.want(BASE, SCANNED, BY_HAND)
    assert rows["status"].tolist() == [Status.REFUSED, Status.SETTLED]
    assert rows["attempt"].tolist() == [0, 1]
    assert rows["reason"].tolist() == [Reason.PRESENCE_NOT_PROVEN, Reason.NONE]
    assert rows["evidence"].tolist() == [BASE, SCANNED]
    assert len(set(rows["intent"].tolist())) == len(set(rows["time_us"].tolist())) == 1
    assert counter.taken_tiyn == PRICE_TIYN


def test_attempts_end_with_the_last_proof() -> None:
    """Goal: who proves nothing is refused. Method: three attempts without any presence flag."""
    counter = Counter()
    rows = counter.want(BASE, BASE, BASE)
    assert rows["status"].tolist() == [Status.REFUSED] * 3
    assert rows["attempt"].tolist() == [0, 1, 2]
    assert counter.taken_tiyn == 0
    assert counter.book.free(counter.purses[0]) == PRICE_TIYN


def test_no_further_attempt_is_made_where_none_can_help() -> None:
    """Goal: only proof can be repeated. Method: a wrong category beats presence and ends it."""
    rows = Counter().want(SCANNED, SCANNED, category="5441")
    assert rows["reason"].tolist() == [Reason.PURPOSE_NOT_ALLOWED]
    rows = Counter().want(int(Evidence.PAYEE_CONTRACTED) | int(Evidence.PRESENCE_QR), SCANNED)
    assert rows["reason"].tolist() == [Reason.BENEFICIARY_NOT_ELIGIBLE]


def test_an_empty_purse_is_refused_by_the_ledger_and_counts_as_nothing() -> None:
    """Goal: money is checked last, and usage is what settled. Method: no money, then money."""
    counter = Counter(purse_tiyn=0)
    rows = counter.want(SCANNED, SCANNED)
    assert rows["reason"].tolist() == [Reason.INSUFFICIENT_FUNDS]
    assert (rows["rule"].tolist(), counter.taken_tiyn) == ([0], 0)
    issuer = counter.book.open("nb", "nb", Form.DIGITAL_TENGE)
    moves = (Move(issuer, counter.purses[0], PRICE_TIYN),)
    counter.book.post(Posting("later", Kind.ISSUE, moves))
    assert counter.want(SCANNED)["status"].tolist() == [Status.SETTLED]


def test_a_meal_counts_once_it_is_accepted_and_for_its_own_payer() -> None:
    """Goal: limits see settled payments alone. Method: refused, paid, paid again, another pupil."""
    counter = Counter(purse_tiyn=3 * PRICE_TIYN)
    assert counter.want(BASE)["reason"].tolist() == [Reason.PRESENCE_NOT_PROVEN]
    assert counter.want(SCANNED)["reason"].tolist() == [Reason.NONE]
    second = counter.want(SCANNED)
    assert second["reason"].tolist() == [Reason.LIMIT_PER_PERIOD]
    assert counter.names.text(int(second["rule"][0])) == "one_meal_a_day"
    assert (second["value"].tolist(), second["limit"].tolist()) == ([2], [1])
    assert counter.want(SCANNED, pupil=1)["reason"].tolist() == [Reason.NONE]
    assert counter.taken_tiyn == 2 * PRICE_TIYN


def test_a_delivery_is_recorded_and_moves_nothing() -> None:
    """Goal: ordinary money waits for its claim. Method: the social wallet, no money anywhere."""
    counter = Counter(marked=False)
    rows = counter.want(SCANNED)
    assert rows["status"].tolist() == [Status.RECORDED]
    assert rows["kind"].tolist() == [Kind.DELIVERY]
    assert counter.book.free(counter.payee) == 0
    assert counter.taken_tiyn == PRICE_TIYN


@pytest.mark.parametrize(
    ("evidence", "is_unserved", "complaints"),
    [(SCANNED, True, 1), (SCANNED, False, 0), (BASE, True, 0)],
)
def test_only_a_meal_that_was_accepted_and_not_served_is_complained_about(
    evidence: int, *, is_unserved: bool, complaints: int
) -> None:
    """Goal: what was not paid is not refunded. Method: the three cases."""
    counter = Counter()
    counter.want(evidence, is_unserved=is_unserved)
    assert len(counter.complaints) == complaints
    for complaint in counter.complaints:
        assert isinstance(complaint, Complaint)
        assert complaint.holder == "pupil-0"
        assert (complaint.payer, complaint.payee) == (counter.purses[0], counter.payee)
        assert complaint.amount_tiyn == PRICE_TIYN
        assert complaint.day == CALENDAR.day_number(NOON_US)


@pytest.mark.parametrize("marked", [True, False])
def test_truth_decides_nothing(*, marked: bool) -> None:
    """Goal: controls see evidence alone. Method: the same wants under every label."""
    wants = list(product((BASE, SCANNED, BY_HAND, int(Evidence.PRESENCE_QR)), (0, 1)))
    seen = []
    for label in TrueLabel:
        counter = Counter(marked=marked, purse_tiyn=2 * PRICE_TIYN)
        rows = [counter.want(evidence, SCANNED, pupil=p, label=label) for evidence, p in wants]
        columns = ("status", "reason", "rule", "value", "limit", "amount_tiyn", "attempt")
        seen.append([row[name].tolist() for row in rows for name in columns])
        assert {int(one) for row in rows for one in row["true_label"]} == {label.value}
    assert all(one == seen[0] for one in seen)


def test_a_row_says_where_and_under_what_it_was_decided() -> None:
    """Goal: rows join with the programme. Method: region, programme, place and names of one row."""
    counter = Counter()
    (row,) = counter.want(SCANNED)
    text = counter.names.text
    assert text(int(row["region"])) == "KZ-71"
    assert text(int(row["programme"])) == "school_meals"
    assert text(int(row["place"])) == "school-001"
    assert text(int(row["payer"])) == "pupil-0"
    assert text(int(row["payee"])) == "caterer-01"
    assert (text(int(row["mark"])), text(int(row["mark_to"]))) == (MARK, MARK)


def test_takings_are_kept_apart_by_programme_place_and_payee() -> None:
    """Goal: no canteen claims another's meals. Method: two of each, a different sum for all."""
    takings = Takings()
    keys = list(product(("meals", "breakfast"), "xy", ("caterer", "kiosk")))
    for number, (programme, place, payee) in enumerate(keys, start=1):
        for _ in range(number):
            takings.add(a_want(programme), place, payee)
    assert [takings.of(*key) for key in keys] == [number * PRICE_TIYN for number in range(1, 9)]
    assert takings.of("dinner", "x", "kiosk") == 0


def a_want(programme: str) -> Want:
    """Return a meal of a programme."""
    return Want(
        time_us=0,
        stratum=0,
        number=1,
        intent=-1,
        programme=programme,
        payer=AccountId(0),
        payee=AccountId(1),
        amount_tiyn=PRICE_TIYN,
        category="5811",
        place=NameId(1),
        true_label=TrueLabel.HONEST,
        is_unserved=False,
        evidence=(SCANNED,),
    )
