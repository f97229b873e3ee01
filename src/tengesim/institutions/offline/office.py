"""The office of offline purses: pays from device to device, brings claims to the ledger, loads.

What happens between two devices is only recorded; money moves when the payee's device is in
contact with the platform, once per serial number. Everything that left a purse therefore ends as
settled, refused as spent before, or returned when its time is over.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import simpy
from numpy.typing import NDArray

from tengesim.clock import HOUR_US
from tengesim.codes import Evidence, Form, Kind, Reason, Status, TrueLabel
from tengesim.errors import InvariantError
from tengesim.institutions.customers import Accounts
from tengesim.institutions.offline.model import OfflineSection
from tengesim.institutions.offline.purses import Claim, Purse, Serial, Till
from tengesim.institutions.outages import PLATFORM
from tengesim.payment import (
    AccountId,
    Batch,
    Leg,
    Move,
    NameId,
    Outcome,
    Particulars,
    Posting,
    RetailWant,
)
from tengesim.ports import Availability, Ports
from tengesim.rules.procedures import ReconcilesOffline
from tengesim.rules.steps import reconcile
from tengesim.streams import below_one, chance_one, further_one

__all__ = ["Fleet", "Office"]

_EVIDENCE: Final = int(Evidence.OFFLINE | Evidence.CHANNEL_COUNTER)

Steps = Generator[simpy.Event, None, None]


@dataclass(frozen=True, slots=True)
class Fleet:
    """Every device: purses by person, tills by merchant, and which tills are near one another."""

    purses: Mapping[int, Purse]
    tills: Mapping[int, Till]
    neighbours: Mapping[int, tuple[int, ...]]
    """Merchants with a till, by the number of their region."""
    wallets: Accounts
    """Wallet account of every party."""
    regions: NDArray[np.integer]
    """Number of the region of every person."""
    region_names: NDArray[np.int64]


class Office:
    """Rail of offline payments and the keeper of its claims."""

    __slots__ = (
        "_availability",
        "_close_us",
        "_fleet",
        "_ports",
        "_reports",
        "_room",
        "_section",
        "_serials",
        "_window_us",
    )

    def __init__(
        self,
        section: OfflineSection,
        fleet: Fleet,
        ports: Ports,
        *,
        availability: Availability,
        room: Callable[[NDArray[np.int64]], NDArray[np.int64]],
        reports: ReconcilesOffline | None = None,
    ) -> None:
        """Serve `fleet`; `room` says how much more the wallets of people may hold, in tiyn.

        Without `reports` nobody owes what a device spent twice, and no device is locked.
        """
        self._reports = reports
        self._section = section
        self._fleet = fleet
        self._ports = ports
        self._availability = availability
        self._room = room
        self._window_us = section.sync_window.value.value
        # The first moment at which no purse pays any more.
        self._close_us = ports.calendar.at(section.last_day) + 24 * HOUR_US
        self._serials = 0

    @property
    def form(self) -> Form:
        """Return the form of money that moves on this rail."""
        return Form.DIGITAL_TENGE

    def parties(self) -> list[int]:
        """Return everybody with a purse or a till, in order of their numbers."""
        return sorted((*self._fleet.purses, *self._fleet.tills))

    def can_try(self, want: RetailWant) -> bool:
        """Return whether both stand at a counter with devices, out of reach of the platform."""
        if want.is_remote or want.time_us >= self._close_us:
            return False
        purse, till = self._fleet.purses.get(want.payer), self._fleet.tills.get(want.payee)
        if purse is None or till is None:
            return False
        if want.time_us >= min(purse.lost_us, till.lost_us):
            return False
        seen = self._availability
        return not (
            seen.is_up(PLATFORM, want.time_us) and seen.is_connected(want.payee, want.time_us)
        )

    def pay(
        self, want: RetailWant, attempt: int, position: tuple[int, int, int, int]
    ) -> Outcome | None:
        """Pay from device to device, or log why not; None when the purse holds too little."""
        purse = self._fleet.purses[want.payer]
        ledger = self._ports.ledger
        if want.amount_tiyn > ledger.free(purse.account) - purse.pending_tiyn:
            return None
        till = self._fleet.tills[want.payee]
        reason, rule, value, limit = self._refusal(purse, till, want.amount_tiyn)
        serial = Serial(self._serials + 1, purse, want.amount_tiyn)
        payee = AccountId(int(self._fleet.wallets[want.payee]))
        carried = Particulars(
            want.intent,
            attempt,
            TrueLabel.HONEST,
            _EVIDENCE,
            self._region(want.payer),
            self._ports.names.id("retail"),
            want.purpose,
            self._ports.names.id(rule),
            value if rule else serial.number,
            limit,
        )
        move = Move(purse.account, payee, want.amount_tiyn)
        outcome = ledger.pay(position, Kind.OFFLINE_PAYMENT, (move,), carried, reason)
        if outcome.status is not Status.RECORDED:
            return outcome
        self._serials += 1
        purse.pending_tiyn += want.amount_tiyn
        purse.payments += 1
        claim = self._claim(serial, want, want.payee, "first", TrueLabel.HONEST)
        if self._is_copied(purse, want):
            serial.open_claims = 2
            self._ports.start(self._spend_again(serial, want))
        self._receive(claim)
        return outcome

    def work(self, days_us: Sequence[int]) -> Steps:
        """Load purses and empty lost ones; each of `days_us` is the moment of a day's contact."""
        for moment_us in days_us:
            yield self._ports.until(moment_us)
            back_us = self._availability.up_again_us(PLATFORM, moment_us)
            if back_us > moment_us:
                yield self._ports.until(back_us)
            self._load(moment_us)
            self._unload(moment_us)

    def _refusal(self, purse: Purse, till: Till, amount_tiyn: int) -> tuple[Reason, str, int, int]:
        if self._reports is not None and (purse.is_locked or till.is_locked):
            return Reason.LIMIT_OFFLINE, self._reports.id, amount_tiyn, 0
        most_tiyn = self._section.payment_limit.value
        if amount_tiyn > most_tiyn:
            return Reason.LIMIT_OFFLINE, "payment_limit", amount_tiyn, most_tiyn
        most = self._section.count_limit.value
        if purse.payments >= most:
            return Reason.LIMIT_OFFLINE, "count_limit", purse.payments + 1, most
        return Reason.NONE, "", 0, 0

    def _region(self, person: int) -> NameId:
        return NameId(int(self._fleet.region_names[self._fleet.regions[person]]))

    def _is_copied(self, purse: Purse, want: RetailWant) -> bool:
        rate_bp = self._section.copies.attempts.value
        return purse.is_copied and chance_one(further_one(want.spare, "offline.copy"), rate_bp)

    def _claim(
        self, serial: Serial, want: RetailWant, merchant: int, which: str, label: TrueLabel
    ) -> Claim:
        now_us = self._ports.now()
        name = f"offline/{serial.number}/{which}"
        return Claim(
            serial=serial,
            merchant=merchant,
            payee=AccountId(int(self._fleet.wallets[merchant])),
            time_us=now_us,
            intent=want.intent if which == "first" else self._ports.names.id(name),
            region=self._region(want.payer),
            purpose=want.purpose,
            true_label=label,
            posting_id=name,
            expires_us=now_us + self._window_us,
        )

    def _spend_again(self, serial: Serial, want: RetailWant) -> Steps:
        """Show a copied device at another till nearby, unless its secure element stops it."""
        copies = self._section.copies
        yield self._ports.until(want.time_us + copies.second_after.value.value)
        # A region may have no till of its own, and the first till is then all there is.
        near = self._fleet.neighbours.get(int(self._fleet.regions[want.payer]), ())
        others = [merchant for merchant in near if merchant != want.payee] or [want.payee]
        word = further_one(want.spare, "offline.second_till")
        merchant = others[below_one(word, len(others))]
        claim = self._claim(serial, want, merchant, "second", TrueLabel.SPENT_TWICE)
        posting = Posting(
            f"{claim.posting_id}/payment",
            Kind.OFFLINE_PAYMENT,
            (Move(serial.purse.account, claim.payee, serial.amount_tiyn),),
            self._columns(claim),
        )
        word = further_one(want.spare, "offline.secure_element")
        is_locked = serial.purse.is_locked or self._fleet.tills[merchant].is_locked
        if is_locked or chance_one(word, copies.stopped_by_device.value):
            self._ports.ledger.refuse(posting, Reason.SPENT_TWICE)
            serial.close(settled=False)
            return
        self._ports.ledger.record(posting)
        self._receive(claim)

    def _columns(self, claim: Claim) -> Particulars:
        return Particulars(
            intent=claim.intent,
            true_label=claim.true_label,
            evidence=_EVIDENCE,
            region=claim.region,
            programme=self._ports.names.id("retail"),
            place=claim.purpose,
            value=claim.serial.number,
        )

    def _receive(self, claim: Claim) -> None:
        till = self._fleet.tills[claim.merchant]
        till.claims.append(claim)
        if not till.is_syncing:
            till.is_syncing = True
            self._ports.start(self._sync(till))

    def _sync(self, till: Till) -> Steps:
        """Wait for contact, or for the end of the oldest claim's time, until nothing is open."""
        while till.claims:
            now_us = self._ports.now()
            oldest_us = min(claim.expires_us for claim in till.claims)
            contact_us = self._contact(till, now_us, oldest_us)
            yield self._ports.until(oldest_us if contact_us is None else contact_us)
            if contact_us is None:
                self._expire(till)
                continue
            open_claims, till.claims = till.claims, []
            for claim in open_claims:
                self._settle(claim)
        till.is_syncing = False

    def _contact(self, till: Till, after_us: int, before_us: int) -> int | None:
        """Return the next full hour at which the till reaches the platform, if in time."""
        moment_us = (after_us // HOUR_US + 1) * HOUR_US
        while moment_us < min(before_us, till.lost_us):
            seen = self._availability
            if seen.is_up(PLATFORM, moment_us) and seen.is_connected(till.merchant, moment_us):
                return moment_us
            moment_us += HOUR_US
        return None

    def _settle(self, claim: Claim) -> None:
        posting = self._settlement(claim)
        if claim.serial.is_settled:
            self._ports.ledger.refuse(posting, Reason.SPENT_TWICE)
            claim.serial.close(settled=False)
            self._reconcile(claim, is_paid=False)
            return
        outcome = self._ports.ledger.post(posting)
        if outcome.status is not Status.SETTLED:
            raise InvariantError(
                f"offline payment {claim.serial.number} finds {outcome.reason.name} instead of"
                f" {claim.serial.amount_tiyn} tiyn in its purse"
            )
        claim.serial.close(settled=True)
        self._reconcile(claim, is_paid=True)

    def _reconcile(self, claim: Claim, *, is_paid: bool) -> None:
        """Carry out what a report comes to: what is not paid is covered, or owed, and locks."""
        if self._reports is None:
            return
        ledger, serial = self._ports.ledger, claim.serial
        purse = serial.purse
        left_tiyn = max(0, ledger.free(purse.account) - purse.pending_tiyn)
        found = reconcile(
            self._reports,
            self._ports.calendar,
            paid_us=claim.time_us,
            reported_us=self._ports.now(),
            amount_tiyn=serial.amount_tiyn,
            covered_tiyn=serial.amount_tiyn if is_paid else left_tiyn,
        )
        carried = self._columns(claim)._replace(rule=self._ports.names.id(self._reports.id))
        if found.settled_tiyn and not is_paid:
            move = Move(purse.account, claim.payee, found.settled_tiyn)
            ledger.post(Posting(f"{claim.posting_id}/cover", Kind.OFFLINE_COVER, (move,), carried))
        if found.owed_tiyn:
            move = Move(purse.account, claim.payee, found.owed_tiyn)
            ledger.record(Posting(f"{claim.posting_id}/owed", Kind.OWED, (move,), carried))
        if not found.is_locked:
            return
        # What is owed is owed by the purse; a report that comes late is late of the till.
        device = purse if found.owed_tiyn else self._fleet.tills[claim.merchant]
        if not device.is_locked:
            device.is_locked = True
            ends = (purse.account, claim.payee) if device is purse else (claim.payee, purse.account)
            move = Move(*ends, serial.amount_tiyn)
            ledger.record(Posting(f"{claim.posting_id}/lock", Kind.DEVICE_LOCK, (move,), carried))

    def _expire(self, till: Till) -> None:
        now_us = self._ports.now()
        over = [claim for claim in till.claims if claim.expires_us <= now_us]
        till.claims = [claim for claim in till.claims if claim.expires_us > now_us]
        for claim in over:
            self._ports.ledger.refuse(self._settlement(claim), Reason.OUTSIDE_VALIDITY)
            claim.serial.close(settled=False)

    def _settlement(self, claim: Claim) -> Posting:
        move = Move(claim.serial.purse.account, claim.payee, claim.serial.amount_tiyn)
        return Posting(
            f"{claim.posting_id}/settlement",
            Kind.OFFLINE_SETTLEMENT,
            (move,),
            self._columns(claim),
        )

    def _load(self, moment_us: int) -> None:
        """Bring every purse at hand into contact, and load it up to its limit."""
        if self._ports.now() >= self._close_us:
            return
        at_hand = [
            purse
            for purse in self._fleet.purses.values()
            if purse.lost_us > moment_us and not purse.is_locked
        ]
        for purse in at_hand:
            purse.payments = 0
        held = _Held.of(at_hand)
        free_of = self._ports.ledger.free_of
        missing_tiyn = self._section.balance_limit.value - free_of(held.accounts)
        amounts_tiyn = np.minimum(missing_tiyn, free_of(held.wallets))
        leg = Leg(held.wallets, held.accounts)
        self._carry(Kind.OFFLINE_LOAD, leg, held.people, amounts_tiyn)

    def _unload(self, moment_us: int) -> None:
        """Give back what lies in locked purses, and in lost ones once nothing can still arrive."""
        over = [
            purse
            for purse in self._fleet.purses.values()
            if purse.is_locked or purse.lost_us + self._window_us <= moment_us
        ]
        held = _Held.of(over)
        pending_tiyn = np.array([purse.pending_tiyn for purse in over], dtype=np.int64)
        rest_tiyn = self._ports.ledger.free_of(held.accounts) - pending_tiyn
        amounts_tiyn = np.minimum(rest_tiyn, self._room(held.people))
        leg = Leg(held.accounts, held.wallets)
        self._carry(Kind.OFFLINE_UNLOAD, leg, held.people, amounts_tiyn)

    def _carry(
        self, kind: Kind, leg: Leg, people: NDArray[np.int64], amounts_tiyn: NDArray[np.int64]
    ) -> None:
        """Move what is more than nothing between the purses and wallets of `people`."""
        moves = amounts_tiyn > 0
        if not moves.any():
            return
        name = f"offline/{kind.name.lower()}/{self._ports.now()}"
        carried = Particulars(
            intent=self._ports.names.id(name), programme=self._ports.names.id("offline")
        )
        leg = Leg(leg.debit[moves], leg.credit[moves])
        region = self._fleet.region_names[self._fleet.regions[people[moves]]]
        self._ports.ledger.post_many(
            Batch(name, kind, (leg,), amounts_tiyn[moves], carried, region=region)
        )


class _Held(NamedTuple):
    """Purses in columns: whose they are, their accounts, and the wallets they are filled from."""

    people: NDArray[np.int64]
    accounts: NDArray[np.int64]
    wallets: NDArray[np.int64]

    @classmethod
    def of(cls, purses: Sequence[Purse]) -> Self:
        rows = [(purse.person, purse.account, purse.wallet) for purse in purses]
        return cls(*np.array(rows, dtype=np.int64).reshape(-1, 3).T.copy())
