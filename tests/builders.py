"""Small histories of public money, written row by row, for tests that need a log and no engine.

A history keeps its own balances by the plainest rule there is, so what it says about accounts is
independent of the ledger and of the store. Its days lie around 1 March 2024, when the clocks of
Kazakhstan changed and a day had 25 hours.
"""

import datetime as dt
import hashlib
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tengesim.clock import HOUR_US, Calendar
from tengesim.codes import Evidence, Form, Kind, Reason, Status, TrueLabel
from tengesim.journal.cube import Cube
from tengesim.journal.names import Names, intent_of_want
from tengesim.journal.sink import Journal
from tengesim.journal.tables import AccountColumns, accounts_frame, cube_frame, events_frame
from tengesim.store.recording import Recording

__all__ = [
    "CALENDAR",
    "FIRST_DAY",
    "Account",
    "History",
    "events_of",
    "of_other_code",
    "school_meals",
]

CALENDAR: Final = Calendar(((dt.date(2000, 1, 1), 6 * HOUR_US), (dt.date(2024, 3, 1), 5 * HOUR_US)))
FIRST_DAY: Final = dt.date(2024, 2, 28)

_NB: Final = "national_bank"
_MARK: Final = "school_meals.2024"
_REGIONS: Final = ("KZ-10", "KZ-75", "")


class Account(NamedTuple):
    """Holder, keeper, form and mark in text."""

    holder: str
    keeper: str = _NB
    form: Form = Form.DIGITAL_TENGE
    mark: str = ""


class History:
    """A log that grows by one row at a time."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.names = Names()
        self.journal = Journal(self.names)
        self.cube = Cube(*_local_days())
        self.journal.fold(self.cube.consume)
        self.free: dict[Account, int] = {}
        self.held: dict[Account, int] = {}
        self.opening: dict[Account, int] = {}
        self.answered: set[int] = set()
        self.recorded: set[int] = set()
        self._ref = 0

    def row(
        self,
        kind: Kind,
        payer: Account,
        payee: Account,
        amount_tiyn: int,
        *,
        time_us: int,
        status: Status = Status.SETTLED,
        reason: Reason = Reason.NONE,
        intent: int = 0,
        attempt: int = 0,
        label: TrueLabel = TrueLabel.INTERNAL,
        region: str = "",
        rule: str = "",
    ) -> None:
        """Write one row and move the money as its status says."""
        self._ref += 1
        name = self.names.id
        self.journal.append(
            (
                time_us,
                kind,
                status,
                reason,
                name(rule),
                3 if rule else 0,
                2 if rule else 0,
                name(payer.holder),
                name(payee.holder),
                name(payer.keeper),
                payer.form,
                name(payer.mark),
                name(payee.keeper),
                payee.form,
                name(payee.mark),
                amount_tiyn,
                self._ref,
                intent,
                attempt,
                label,
                Evidence.PRESENCE_QR if kind is Kind.PAYMENT else 0,
                name(region),
                name("school_meals"),
                name(f"school {region}" if region else ""),
            )
        )
        free_payer, held_payer, free_payee = {
            Status.SETTLED: (-1, 0, 1),
            Status.HELD: (-1, 1, 0),
            Status.POSTED: (0, -1, 1),
            Status.VOIDED: (1, -1, 0),
        }.get(status, (0, 0, 0))
        for money, account, sign in (
            (self.free, payer, free_payer),
            (self.held, payer, held_payer),
            (self.free, payee, free_payee),
        ):
            money[account] = money.get(account, 0) + sign * amount_tiyn
        if kind is Kind.OPENING:
            for account, sign in ((payer, -1), (payee, 1)):
                self.opening[account] = self.opening.get(account, 0) + sign * amount_tiyn
        if status is Status.RECORDED:
            self.recorded.add(intent)
        elif kind in (Kind.PAYMENT, Kind.CLAIM) and status is not Status.HELD:
            self.answered.add(intent)

    @property
    def payments(self) -> int:
        """Count the intents that were settled or refused, deliveries left out."""
        return len(self.answered - self.recorded)

    def accounts(self) -> AccountColumns:
        """Return the accounts as a run reports them."""
        rows = [
            (
                self.names.id(account.holder),
                self.names.id(account.keeper),
                account.form,
                self.names.id(account.mark),
                self.opening.get(account, 0),
                self.free.get(account, 0) + self.held.get(account, 0),
                self.held.get(account, 0),
            )
            for account in {**self.free, **self.held}
        ]
        columns = np.array(rows, dtype=np.int64).reshape(-1, 7).T
        return AccountColumns(self.names, (), *columns[:4].astype(np.int32), *columns[4:])

    def recording(self, name: str = "tiny meals", seed: int = 1) -> Recording:
        """Return the history as a finished run of a scenario of that name."""
        text = f'format: 1\nname: "{name}"\n'
        return Recording(
            name=name,
            seed=seed,
            scenario_text=text,
            scenario_digest=hashlib.sha256(text.encode()).hexdigest(),
            log_digest=self.journal.digest(),
            payments=self.payments,
            events=events_frame(self.journal.rows(), self.names),
            cube=cube_frame(self.cube.cells(), self.names),
            accounts=accounts_frame(self.accounts()),
            metrics=pd.DataFrame(
                {
                    "metric": ["meals_paid", "paid_tiyn", "refused_share"],
                    "whole": [self.payments, sum(self.free.values()), 2**53 + 1],
                    "share": [0.5, 0.25, float("nan")],
                }
            ),
            names=self.names.texts(),
            calendar=CALENDAR,
            engine_name="reference",
            phases={"build": 0.25, "run": 1.5},
        )


def school_meals(*, pupils: int = 4, days: int = 4, meal_tiyn: int = 81_100) -> History:
    """Return a history in which every kind, status and way of losing a mark occurs."""
    history = History()
    treasury, owner = Account("treasury", form=Form.TREASURY_SINGLE_ACCOUNT), Account("treasury")
    owed = Account(_NB, form=Form.TREASURY_SINGLE_ACCOUNT)
    marked, issuer = replace_mark(owner), Account(_NB)
    caterer = Account("caterer")
    budget_tiyn = meal_tiyn * (pupils * days + 1)
    start_us = CALENDAR.at(FIRST_DAY)
    history.row(Kind.OPENING, owed, treasury, 2 * budget_tiyn, time_us=start_us)
    history.row(Kind.ISSUE, treasury, owed, budget_tiyn, time_us=start_us)
    history.row(Kind.ISSUE, issuer, marked, budget_tiyn, time_us=start_us)
    for pupil in range(pupils):
        purse = Account(f"pupil {pupil}", mark=_MARK)
        history.row(Kind.DISTRIBUTE, marked, purse, meal_tiyn * days, time_us=start_us)
    for day in range(days):
        _school_day(history, day, pupils, meal_tiyn)
    end_us = CALENDAR.at(FIRST_DAY + dt.timedelta(days=days)) - 1
    bank = Account("bank", "bank", Form.BANK_DEPOSIT)
    deposit = Account("caterer", "bank", Form.BANK_DEPOSIT)
    history.row(Kind.REDEEM, caterer, issuer, meal_tiyn, time_us=end_us)
    history.row(Kind.REDEEM, bank, deposit, meal_tiyn, time_us=end_us)
    history.row(Kind.REFUND, caterer, Account("pupil 0", mark=_MARK), meal_tiyn, time_us=end_us)
    for pupil in range(pupils):
        purse = Account(f"pupil {pupil}", mark=_MARK)
        if history.free[purse]:
            history.row(Kind.RETURN, purse, owner, history.free[purse], time_us=end_us)
    history.row(Kind.CLAIM, treasury, owed, meal_tiyn, time_us=end_us, status=Status.HELD)
    return history


def replace_mark(account: Account) -> Account:
    """Return the same account under the mark of the history."""
    return account._replace(mark=_MARK)


def of_other_code(recording: Recording, history: History) -> Recording:
    """Return `history` as what other code makes of the scenario and seed of `recording`."""
    return replace(
        history.recording(recording.name, recording.seed),
        scenario_text=recording.scenario_text,
        scenario_digest=recording.scenario_digest,
    )


def _local_days() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when the local days of two years begin, from half a year before the first day."""
    days = [FIRST_DAY + dt.timedelta(days=number) for number in range(-180, 550)]
    starts_us = [CALENDAR.at(day) for day in days]
    numbers = [CALENDAR.day_number(start_us) for start_us in starts_us]
    return np.array(starts_us, dtype=np.int64), np.array(numbers, dtype=np.int64)


def _school_day(history: History, day: int, pupils: int, meal_tiyn: int) -> None:
    """Serve every pupil once; some scans fail, some are forged, one payment is held and voided."""
    date = FIRST_DAY + dt.timedelta(days=day)
    caterer = Account("caterer")
    earned = replace_mark(caterer)
    stratum = history.names.id("KZ-10/meals/school_meals")
    for pupil in range(pupils):
        # The last pupil eats in the last minute of the day, which is where days are confused.
        moment_us = HOUR_US * 24 - 1 if pupil == pupils - 1 else HOUR_US * (pupil % 24)
        time_us = CALENDAR.at(date, moment_us)
        purse = Account(f"pupil {pupil}", mark=_MARK)
        intent = intent_of_want(stratum, time_us // HOUR_US, pupil)
        region = _REGIONS[pupil % len(_REGIONS)]
        label = TrueLabel.PHANTOM if (pupil + day) % 3 == 2 else TrueLabel.HONEST
        if (pupil + day) % 2:
            history.row(
                Kind.PAYMENT,
                purse,
                earned,
                meal_tiyn,
                time_us=time_us,
                status=Status.REFUSED,
                reason=Reason.PRESENCE_NOT_PROVEN,
                rule="presence",
                intent=intent,
                label=label,
                region=region,
            )
        if (pupil + day) % 5 != 4:
            history.row(
                Kind.PAYMENT,
                purse,
                earned,
                meal_tiyn,
                time_us=time_us,
                intent=intent,
                attempt=1,
                label=label,
                region=region,
            )
            history.row(
                Kind.DELIVERY,
                purse,
                earned,
                meal_tiyn,
                time_us=time_us,
                status=Status.RECORDED,
                intent=intent,
                region=region,
            )
    end_us = CALENDAR.at(date, 24 * HOUR_US - 1)
    amount_tiyn = history.free.get(earned, 0)
    if not amount_tiyn:
        return
    for status in (Status.HELD, Status.VOIDED, Status.HELD, Status.POSTED):
        history.row(
            Kind.SHED,
            earned,
            caterer,
            amount_tiyn,
            time_us=end_us,
            status=status,
            intent=history.names.id(f"claim {day}"),
        )


def events_of(recording: Recording) -> pd.DataFrame:
    """Return the events of a history that was written as a table."""
    assert isinstance(recording.events, pd.DataFrame)
    return recording.events
