"""Those who look: desk control, complaints, audit on a sample and on red flags, and overrides.

They see documents and, where they look closer, the traces that stand there; never what a payment
really is. Whom they look at is drawn for each document or contract by a word of its own, and a lack
of reviewers makes others wait instead of sparing them, so arms that differ in one scheme look at
all others alike.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from typing import Final, Literal, NamedTuple, Protocol

import simpy

from tengesim.codes import Form, Kind
from tengesim.institutions.procurement.evidence import Luck
from tengesim.institutions.procurement.integrity_model import (
    ControlsSection,
    FlagsSection,
    OverridesSection,
    ReviewSection,
)
from tengesim.institutions.procurement.typologies import CONTROLS, ControlName, Trace
from tengesim.institutions.procurement.works import Award, Lot, Method
from tengesim.money import BP
from tengesim.payment import AccountId, Move, Particulars, Posting
from tengesim.ports import Ports
from tengesim.streams import Streams, chance_one, further_one

__all__ = [
    "OVERRIDE",
    "Controls",
    "Document",
    "Held",
    "Look",
    "Office",
    "Overrides",
    "Reviewers",
    "drawn_sample",
    "found_by",
    "points_of",
    "sample_size",
]

Sort = Literal["announcement", "advance", "act", "amendment", "payment", "subpayment"]

_AT_ANNOUNCEMENT: Final = Trace.PRICE_ABOVE | Trace.LOTS_ALIKE | Trace.NARROW_WORDING
_AT_AMENDMENT: Final = Trace.PRICE_RAISED


class Document(NamedTuple):
    """What an office has before it; `id` is the intent, `carried` what its rows say."""

    id: str
    contract: str
    sort: Sort
    amount_tiyn: int
    payer: AccountId
    payee: AccountId
    carried: Particulars


class Held(NamedTuple):
    """A document has to wait for a review, which ends then and so."""

    until_us: int
    is_upheld: bool
    control: ControlName


class Look(NamedTuple):
    """What is there to be seen by somebody who looks closer at a case, and what it would prove."""

    traces: Trace
    damage_tiyn: int


class Office(Protocol):
    """The office that pays, as controls may ask it and act on it."""

    def damage_tiyn(self, intent: str) -> int:
        """Return the loss that a thorough examination of a payment would establish."""
        ...

    def claw_back(self, contract: str, amount_tiyn: int, rule: str) -> None:
        """Take back money of a contract from its supplier."""
        ...

    def terminate(self, contract: str, rule: str) -> None:
        """End a contract."""
        ...

    def freeze(self, contract: str) -> None:
        """Freeze the accounts of a contract's supplier, where a rule book says so."""
        ...

    def let_go(self, contract: str) -> None:
        """Let those accounts go."""
        ...


class Reviewers:
    """So many reviews at a time, each so long; others wait for the first who is done."""

    __slots__ = ("_busy_until", "_lasts_us")

    def __init__(self, capacity: int, lasts_us: int) -> None:
        """Start with everybody free."""
        self._busy_until = [0] * capacity
        self._lasts_us = lasts_us

    def done_us(self, time_us: int) -> int:
        """Give a case that came at `time_us` to a reviewer; return when it is decided."""
        start_us = max(time_us, self._busy_until[0])
        heapq.heapreplace(self._busy_until, start_us + self._lasts_us)
        return start_us + self._lasts_us


def found_by(section: ReviewSection, sees: Trace, look: Look, word: int) -> bool | None:
    """Return whether a closer look ends with a finding; None where it does not even begin.

    A trace within sight is found as surely as stated, and then proves itself. Where there is none,
    a false alarm may begin a review all the same, and a false alarm may be upheld.
    """
    if look.traces & sees:
        return True if chance_one(further_one(word, "finds"), section.finds.value) else None
    if not chance_one(further_one(word, "false_alarm"), section.false_alarms.value):
        return None
    return chance_one(further_one(word, "wrongly"), section.wrongly_upheld.value)


def sample_size(count: int, share_bp: int, word: int) -> int:
    """Return how many of `count` are drawn; the part of one is left to chance.

    >>> sample_size(1_000, 600, word=0)
    60
    """
    whole, rest_bp = divmod(count * share_bp, BP)
    return whole + chance_one(word, rest_bp)


def drawn_sample(contracts: Sequence[str], words: Sequence[int], size: int) -> list[str]:
    """Return a simple random sample without replacement: those with the smallest words.

    One contract more or less leaves who else is drawn as it was, but for one.
    """
    return [contract for _, contract in sorted(zip(words, contracts, strict=True))[:size]]


def points_of(section: FlagsSection, award: Award, contracts_before: int) -> int:
    """Return the red-flag points of an award, from what is published about it.

    `contracts_before` is how many contracts its buyer signed with its firm before.
    """
    admissible = sum(bid.is_admissible for bid in award.bids)
    lot = award.lot
    close_tiyn = lot.estimate_tiyn * (BP - section.close_within.value) // BP
    is_competitive = award.method.is_competitive
    return (
        section.single_bid.value * (is_competitive and admissible <= 1)
        + section.close_to_estimate.value * (is_competitive and award.price_tiyn > close_tiyn)
        + section.direct.value * (award.method in {Method.DIRECT, Method.SINGLE_SOURCE})
        + section.repeated_winner.value * (contracts_before + 1 >= section.repeated_from.value)
    )


class _File(NamedTuple):
    """What is kept of a contract: where its rows go, its price, and what was paid."""

    payer: AccountId
    payee: AccountId
    carried: Particulars
    price_tiyn: int
    paid: list[str]


OVERRIDE: Final = "override"
"""What decided where rules yielded to an emergency."""


class Overrides:
    """Emergencies: roles sign, with a reason, for a time, and all of it is logged."""

    def __init__(self, section: OverridesSection, ports: Ports, streams: Streams) -> None:
        """Start without any in force."""
        self._section = section
        self._ports = ports
        self._luck = Luck(streams, "procurement.override")
        self._until_us: dict[str, int] = {}

    def is_true(self, word: int, stage: int) -> bool:
        """Return whether there is an emergency when the act of a stage is to be paid."""
        declared = self._section.declared
        if declared is None:
            return False
        return chance_one(further_one(word, "emergency", stage), declared.value)

    def ask(self, document: Document, reason: str, roles: Sequence[str]) -> bool:
        """Return whether all roles let a document pass that the rules refuse.

        The first declares the emergency. The others do not see whether there is one, and refuse
        some; an answer holds for its time.
        """
        now = self._ports.now()
        if document.id in self._until_us:
            return now <= self._until_us[document.id]
        section, word = self._section, self._luck.of(document.id)
        is_given = not chance_one(further_one(word, "refused"), section.refused.value)
        until_us = now + section.lasts.value.value if is_given else 0
        self._until_us[document.id] = until_us
        until_day = self._ports.calendar.day_number(until_us) if is_given else 0
        for attempt, role in enumerate(roles):
            carried = document.carried._replace(
                attempt=attempt,
                rule=self._ports.names.id(f"{OVERRIDE}/{role}/{reason}"),
                value=int(is_given or attempt == 0),
                limit=until_day,
            )
            move = Move(document.payer, document.payee, document.amount_tiyn)
            name = f"{document.id}/{OVERRIDE}/{role}"
            self._ports.ledger.record(Posting(name, Kind.APPROVAL, (move,), carried))
        return is_given


class Controls:
    """Everybody who looks, of one world."""

    def __init__(
        self,
        section: ControlsSection,
        ports: Ports,
        streams: Streams,
        *,
        traces: Callable[[str], Trace],
        learn: Callable[[str], None],
        treasury: str,
    ) -> None:
        """Prepare the reviewers; `traces` is what stands there, `learn` hears what was found."""
        self._section = section
        self._ports = ports
        self._luck = {name: Luck(streams, f"procurement.{name}") for name in ControlName}
        self._traces = traces
        self._learn = learn
        self._treasury = treasury
        self._reviewers = {
            name: Reviewers(reviews.capacity.value, reviews.lasts.value.value)
            for name, reviews in self._sections().items()
        }
        self._files: dict[str, _File] = {}
        self._signed: list[str] = []
        self._won: Counter[tuple[str, str]] = Counter()
        self._points: Counter[str] = Counter()
        self._upheld: set[str] = set()
        self._office: Office | None = None

    def attend(self, office: Office) -> None:
        """Begin to look at what `office` pays."""
        self._office = office
        if self._section.audit is not None:
            self._ports.start(self._audits())

    def announced(self, lot: Lot) -> bool:
        """Return whether desk control has a lot corrected before it is announced."""
        desk = self._section.desk
        word = self._luck[ControlName.DESK_CONTROL].of(lot.id)
        if desk is None or not chance_one(further_one(word, "look"), desk.announcements.value):
            return False
        look = Look(self._traces(lot.id) & _AT_ANNOUNCEMENT, 0)
        is_upheld = found_by(desk, CONTROLS[ControlName.DESK_CONTROL].sees, look, word)
        if is_upheld is None:
            return False
        document = self._announcement(lot)
        self._row(document, ControlName.DESK_CONTROL, attempt=0, is_upheld=False)
        self._row(document, ControlName.DESK_CONTROL, attempt=1, is_upheld=is_upheld)
        return is_upheld

    def signed(self, award: Award, document: Document) -> None:
        """Take a contract into the files; `document` is the contract itself."""
        contract, carried = document.contract, document.carried
        self._files[contract] = _File(document.payer, document.payee, carried, award.price_tiyn, [])
        self._signed.append(contract)
        pair = award.lot.buyer.id, award.firm.id
        if self._section.flags is not None:
            points = points_of(self._section.flags, award, self._won[pair])
            self._flag(contract, points)
        self._won[pair] += 1
        self._complain(document)

    def examine(self, document: Document) -> Held | None:
        """Return what desk control makes of a document, before it has effect; None for nothing."""
        desk = self._section.desk
        if document.sort == "amendment":
            self._amended(document)
        if desk is None:
            return None
        is_amendment = document.sort == "amendment"
        share_bp = desk.announcements.value if is_amendment else desk.payments.value
        word = self._luck[ControlName.DESK_CONTROL].of(document.id)
        if not chance_one(further_one(word, "look"), share_bp):
            return None
        sees = CONTROLS[ControlName.DESK_CONTROL].sees
        is_upheld = found_by(desk, sees, self._look(document), word)
        if is_upheld is None:
            return None
        done_us = self._reviewers[ControlName.DESK_CONTROL].done_us(self._ports.now())
        self._ports.start(
            self._close(document, ControlName.DESK_CONTROL, done_us, is_upheld=is_upheld)
        )
        return Held(done_us, is_upheld, ControlName.DESK_CONTROL)

    def paid(self, document: Document) -> None:
        """Take a payment into the files, where audits find it."""
        self._files[document.contract].paid.append(document.id)

    def _sections(self) -> dict[ControlName, ReviewSection]:
        section = self._section
        named = {
            ControlName.DESK_CONTROL: section.desk,
            ControlName.AUDIT: section.audit,
            ControlName.COMPLAINTS: section.complaints,
            ControlName.RISK_AUDIT: section.flags,
        }
        return {name: reviews for name, reviews in named.items() if reviews is not None}

    def _announcement(self, lot: Lot) -> Document:
        opened, name = self._ports.ledger.open, self._ports.names.id
        control = Form.CASH_CONTROL_ACCOUNT
        return Document(
            lot.id,
            lot.id,
            "announcement",
            lot.estimate_tiyn,
            opened(lot.buyer.id, self._treasury, control),
            opened(self._treasury, self._treasury, control),
            Particulars(
                intent=name(lot.id),
                region=name(lot.buyer.region),
                programme=name(lot.buyer.line),
                place=name(lot.id),
            ),
        )

    def _look(self, document: Document) -> Look:
        """Return what a closer look at a document shows; a scheme shows where it takes money."""
        traces = self._traces(document.contract)
        if document.sort == "amendment":
            return Look(traces & _AT_AMENDMENT, document.amount_tiyn)
        damage_tiyn = 0 if self._office is None else self._office.damage_tiyn(document.id)
        return Look(traces if damage_tiyn else Trace.NONE, damage_tiyn)

    def _complain(self, document: Document) -> None:
        section = self._section.complaints
        if section is None:
            return
        word = self._luck[ControlName.COMPLAINTS].of(document.contract)
        look = Look(self._traces(document.contract), 0)
        is_upheld = found_by(section, CONTROLS[ControlName.COMPLAINTS].sees, look, word)
        if is_upheld is not None:
            after_us = section.after.value.value
            self._ports.start(self._complaint(document, after_us, is_upheld=is_upheld))

    def _complaint(
        self, document: Document, after_us: int, *, is_upheld: bool
    ) -> Generator[simpy.Event, None, None]:
        yield self._ports.until(self._ports.now() + after_us)
        done_us = self._reviewers[ControlName.COMPLAINTS].done_us(self._ports.now())
        yield from self._close(document, ControlName.COMPLAINTS, done_us, is_upheld=is_upheld)
        if is_upheld:
            self._conclude(document.contract, ControlName.COMPLAINTS)

    def _amended(self, document: Document) -> None:
        if self._section.flags is not None and document.contract in self._files:
            self._flag(document.contract, self._section.flags.raised_price.value)

    def _flag(self, contract: str, points: int) -> None:
        """Add points; the first time that they reach the threshold a review is ordered."""
        section = self._section.flags
        if section is None:
            return
        before, limit = self._points[contract], section.threshold.value
        self._points[contract] += points
        if not before < limit <= before + points:
            return
        document = self._contract(contract)
        carried = document.carried._replace(
            rule=self._ports.names.id(ControlName.RISK_AUDIT), value=before + points, limit=limit
        )
        self._record(f"{contract}/flag", Kind.FLAG, document._replace(carried=carried))
        after_us = self._ports.now() + section.after.value.value
        self._ports.start(self._audit(contract, ControlName.RISK_AUDIT, section, after_us))

    def _contract(self, contract: str) -> Document:
        file = self._files[contract]
        return Document(
            contract, contract, "act", file.price_tiyn, file.payer, file.payee, file.carried
        )

    def _audits(self) -> Generator[simpy.Event, None, None]:
        """Draw a sample of the contracts of each period, each of which is drawn from once."""
        section = self._section.audit
        if section is None:
            return
        luck = self._luck[ControlName.AUDIT]
        period = 0
        while True:
            yield self._ports.until(self._ports.now() + section.every.value.value)
            contracts, self._signed = self._signed, []
            words = [luck.of(contract) for contract in contracts]
            size = sample_size(len(contracts), section.sample.value, luck.of(f"period-{period}"))
            period += 1
            after_us = self._ports.now() + section.after.value.value
            for contract in drawn_sample(contracts, words, size):
                self._ports.start(self._audit(contract, ControlName.AUDIT, section, after_us))

    def _audit(
        self, contract: str, name: ControlName, section: ReviewSection, after_us: int
    ) -> Generator[simpy.Event, None, None]:
        """Review a contract with all that was paid on it by then."""
        yield self._ports.until(after_us)
        document = self._contract(contract)
        done_us = self._reviewers[name].done_us(self._ports.now())
        look = Look(self._traces(contract), self._damage_tiyn(contract))
        word = self._luck[name].of(contract)
        is_upheld = bool(found_by(section, CONTROLS[name].sees, look, word))
        # What looks suspicious may be frozen until somebody has looked, or for less.
        office = self._office if name is ControlName.RISK_AUDIT else None
        if office is not None:
            office.freeze(contract)
        yield from self._close(document, name, done_us, is_upheld=is_upheld)
        if office is not None:
            office.let_go(contract)
        if is_upheld:
            self._conclude(contract, name)

    def _close(
        self, document: Document, name: ControlName, done_us: int, *, is_upheld: bool
    ) -> Generator[simpy.Event, None, None]:
        """Log that a review begins, and at its end what came of it."""
        self._row(document, name, attempt=0, is_upheld=False)
        yield self._ports.until(done_us)
        self._row(document, name, attempt=1, is_upheld=is_upheld)
        if is_upheld:
            self._learn(document.id)

    def _damage_tiyn(self, contract: str) -> int:
        if self._office is None:
            return 0
        return sum(self._office.damage_tiyn(intent) for intent in self._files[contract].paid)

    def _conclude(self, contract: str, name: ControlName) -> None:
        """Have what was lost paid back in part, and perhaps the contract ended; only once."""
        if self._office is None or contract in self._upheld:
            return
        self._upheld.add(contract)
        section = self._section
        recovered_tiyn = self._damage_tiyn(contract) * section.recovered.value // BP
        if recovered_tiyn:
            self._office.claw_back(contract, recovered_tiyn, name)
        word = further_one(self._luck[name].of(contract), "terminate")
        if name is ControlName.COMPLAINTS or chance_one(word, section.terminated.value):
            self._office.terminate(contract, name)

    def _row(self, document: Document, name: ControlName, *, attempt: int, is_upheld: bool) -> None:
        kind = Kind.COMPLAINT if name is ControlName.COMPLAINTS else Kind.REVIEW
        carried = document.carried._replace(
            attempt=attempt, rule=self._ports.names.id(name), value=int(is_upheld), limit=0
        )
        posting_id = f"{document.id}/{name}/{attempt}/{self._ports.now()}"
        self._record(posting_id, kind, document._replace(carried=carried))

    def _record(self, posting_id: str, kind: Kind, document: Document) -> None:
        move = Move(document.payer, document.payee, document.amount_tiyn)
        self._ports.ledger.record(Posting(posting_id, kind, (move,), document.carried))
