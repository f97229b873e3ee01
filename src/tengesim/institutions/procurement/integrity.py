"""Circles of officials and suppliers who would cheat: one scheme for each lot, chosen once.

Whether a circle would cheat, what it would gain and what it likes are drawn for each lot, the same
in every arm; rules and cases reach it only through its utility. What it does leaves traces,
which are there for whoever looks. Nothing here is read by a control but through `traces`.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from tengesim.codes import TrueLabel
from tengesim.institutions.procurement.contract_model import MoneySection
from tengesim.institutions.procurement.evasion import (
    PPM,
    Beliefs,
    Cost,
    Weighing,
    choose,
    log_shares,
    sensitivity_of,
    utility_ppm,
)
from tengesim.institutions.procurement.evidence import Luck
from tengesim.institutions.procurement.integrity_model import (
    ControlsSection,
    IntegritySection,
    TypologySection,
)
from tengesim.institutions.procurement.tiers import Tier, depth_of
from tengesim.institutions.procurement.typologies import (
    CONTROLS,
    SCHEMES,
    Channel,
    ControlName,
    Trace,
    label_of,
)
from tengesim.institutions.procurement.works import (
    HONEST_CONTRACT,
    HONEST_LOT,
    PART,
    Award,
    ContractConduct,
    Lot,
    LotConduct,
)
from tengesim.market.chance import gumbels
from tengesim.money import BP
from tengesim.streams import Streams, below_one, chance_one, further_one

__all__ = ["Circles", "Screened", "Terms", "first_beliefs", "gain_ppm", "terms_of"]

_PPM_PER_BP: Final = PPM // BP
_GAIN_MAX_PPM: Final = 900_000
_PARTS_MAX: Final = 4
_MILESTONES: Final = 1 << 16

_RULES: Final[Mapping[ControlName, frozenset[str]]] = {
    ControlName.DIGITAL_DOCUMENTS: frozenset({"R17", "R24", "R29"}),
    ControlName.PAYEE_REGISTERS: frozenset({"R05", "R06"}),
    ControlName.PRICE_CAP: frozenset({"R13"}),
    ControlName.CONFLICT_CHECK: frozenset({"R53"}),
    ControlName.ANTI_SPLITTING: frozenset({"R54"}),
}
"""Controls that are in force where a book has one of their rules."""


class Terms(NamedTuple):
    """What is known of an arm before anything happens in it."""

    in_force: frozenset[ControlName]
    is_digital: bool


def terms_of(
    money: MoneySection,
    codes: frozenset[str],
    controls: ControlsSection,
    tiers: Sequence[Tier] = (),
) -> Terms:
    """Return the terms of an arm whose rule books have rules with these codes.

    `tiers` are what its rules ask down a chain.
    """
    people = {
        ControlName.DESK_CONTROL: controls.desk,
        ControlName.COMPLAINTS: controls.complaints,
        ControlName.AUDIT: controls.audit,
        ControlName.RISK_AUDIT: controls.flags,
    }
    names = {name for name, section in people.items() if section is not None}
    names |= {name for name, rules in _RULES.items() if rules & codes}
    if not money.is_digital:
        names.discard(ControlName.DIGITAL_DOCUMENTS)
    if money.is_marked and depth_of(money, tiers) > 1:
        names.add(ControlName.MARKING)
    elif money.is_marked or money.arm == "treasury_control":
        # A mark that only the supplier holds sees what leaves it, as a controlled account does.
        names.add(ControlName.ACCOUNT_CONTROL)
    return Terms(frozenset({*names, ControlName.SUPERVISION}), money.is_digital)


def first_beliefs(
    terms: Terms, section: IntegritySection, controls: ControlsSection
) -> dict[Channel, int]:
    """Return what everybody believes at first: how likely a scheme of each kind is found.

    A scheme stays hidden when every control in force misses it. A control sees it where they have a
    trace in common, where it looks at the case, and as surely as it finds what is there. Ways
    outside the contract are never found here.
    """
    stands_bp = section.digital_traces if terms.is_digital else section.paper_traces
    surely = _surely(controls)
    found = {}
    for channel in Channel:
        hidden_ppm = PPM
        scheme = SCHEMES.get(channel)
        for name in CONTROLS:
            if scheme is None or name not in terms.in_force:
                continue
            if scheme.leaves & CONTROLS[name].sees:
                seen_ppm = surely[name] * stands_bp.value // BP
                hidden_ppm = hidden_ppm * (PPM - seen_ppm) // PPM
        found[channel] = PPM - hidden_ppm
    return found


def _surely(controls: ControlsSection) -> dict[ControlName, int]:
    """Return how surely each control finds a trace that stands, in ppm of all cases."""
    surely = dict.fromkeys(ControlName, controls.rules_stop.value * _PPM_PER_BP)
    surely[ControlName.SUPERVISION] = controls.supervision_finds.value * _PPM_PER_BP
    for name, section, looked_bp in (
        (ControlName.DESK_CONTROL, controls.desk, _desk_bp(controls)),
        (ControlName.COMPLAINTS, controls.complaints, BP),
        (ControlName.AUDIT, controls.audit, _audit_bp(controls)),
        # Nobody who cheats knows the score, so risk audit is believed to look as audit does.
        (ControlName.RISK_AUDIT, controls.flags, _audit_bp(controls)),
    ):
        surely[name] = 0 if section is None else section.finds.value * looked_bp // _PPM_PER_BP
    return surely


def _desk_bp(controls: ControlsSection) -> int:
    return controls.desk.announcements.value if controls.desk else 0


def _audit_bp(controls: ControlsSection) -> int:
    return controls.audit.sample.value if controls.audit else 0


def gain_ppm(section: TypologySection, dishonest_bp: int, word: int) -> int:
    """Return what a circle gains by a typology, as a share of the contract's value.

    Drawn from the triangle of low, base and high, and scaled so that the mean over all contracts,
    of which few attempt it, is the base.
    """
    base = section.loss.value
    low = base if section.loss.low is None else section.loss.low
    high = base if section.loss.high is None else section.loss.high
    attempted = dishonest_bp * section.chosen.value
    if not base or not attempted:
        return 0
    drawn_ppm = _triangular_ppm(low * _PPM_PER_BP, base * _PPM_PER_BP, high * _PPM_PER_BP, word)
    gain = drawn_ppm * base * 3 * BP * BP // ((low + base + high) * attempted)
    return min(gain, _GAIN_MAX_PPM)


def _triangular_ppm(low: int, mode: int, high: int, word: int) -> int:
    """Return the quantile of a triangular distribution at a word."""
    width = high - low
    if not width:
        return mode
    share_ppm = below_one(word, PPM)
    if share_ppm * width < (mode - low) * PPM:
        return low + math.isqrt(share_ppm * width * (mode - low) // PPM)
    return high - math.isqrt((PPM - share_ppm) * width * (high - mode) // PPM)


class _Plot(NamedTuple):
    """What one circle does about its lot."""

    buyer: str
    channel: Channel
    gain_ppm: int
    word: int


class Circles:
    """Everybody who would cheat."""

    def __init__(
        self,
        section: IntegritySection,
        controls: ControlsSection,
        streams: Streams,
        *,
        base: Terms,
        now: Terms,
        advance_bp: Callable[[Lot], int],
        clock: Callable[[], int],
    ) -> None:
        """Let circles know the terms of the base arm and of theirs.

        `advance_bp` tells the share of a lot's price that is paid in advance.
        """
        self._section = section
        self._luck = Luck(streams, "procurement.circle")
        self._sensitivity = sensitivity_of(section)
        shares = section.chosen_bp()
        shares[Channel.HONEST] = BP - sum(shares.values())
        self._constants = log_shares(shares)
        self._base = first_beliefs(base, section, controls)
        self._now = first_beliefs(now, section, controls)
        self._is_digital = now.is_digital
        self._advance_bp = advance_bp
        self._clock = clock
        self._cost = Cost(section.fine.value * _PPM_PER_BP, section.forfeited.value)
        self._beliefs = Beliefs(
            weight=section.belief_weight.value,
            peer_bp=section.peer_weight.value,
            lag_us=section.lag.value.value,
        )
        self._plots: dict[str, _Plot] = {}
        self._running: Counter[tuple[str, Channel]] = Counter()
        self._told: set[tuple[str, bool]] = set()

    def of_lot(self, lot: Lot) -> LotConduct:
        """Return what is dishonest about a lot; the same whenever it is asked."""
        plot = self._plot(lot)
        # What a need is split into was decided for the whole of it.
        if plot is None or lot.id != _whole(lot.id):
            return HONEST_LOT
        match plot.channel:
            case Channel.OVERPRICING:
                return LotConduct(overpricing_bp=plot.gain_ppm * BP // (PPM - plot.gain_ppm))
            case Channel.SPLIT_CONTRACT:
                parts = below_one(further_one(plot.word, "parts"), _PARTS_MAX - 1)
                return LotConduct(split_into=2 + parts)
            case Channel.RELATED_PARTY:
                return LotConduct(related=True)
            case Channel.BID_RIGGING:
                return LotConduct(rigged=True)
            case Channel.TAILORED_SPECIFICATION:
                return LotConduct(tailored=True)
            case Channel.CAPTURED_OWNER:
                return LotConduct(captured_owner=True)
            case _:
                return HONEST_LOT

    def of_contract(self, award: Award) -> ContractConduct:
        """Return what is dishonest about a contract; the same whenever it is asked."""
        plot = self._plot(award.lot)
        if plot is None:
            return HONEST_CONTRACT
        gain_bp = plot.gain_ppm * BP // PPM
        milestone = below_one(further_one(plot.word, "milestone"), _MILESTONES)
        match plot.channel:
            case Channel.FICTITIOUS_ACT | Channel.COLLUDING_SUPERVISOR | Channel.CAPTURED_OWNER:
                return ContractConduct(
                    fictitious_bp=gain_bp,
                    fictitious_milestone=milestone,
                    colluding_supervisor=self._colludes(plot),
                )
            case Channel.OVERRIDE_ABUSE:
                return ContractConduct(
                    fictitious_bp=gain_bp, fictitious_milestone=milestone, override_abuse=True
                )
            case Channel.DIVERTED_ADVANCE:
                advance_bp = self._advance_bp(award.lot)
                diverted_bp = gain_bp * BP // advance_bp if advance_bp else 0
                return ContractConduct(diverted_bp=min(diverted_bp, BP))
            case Channel.SHELL_SUBCONTRACTOR:
                return ContractConduct(shell_bp=gain_bp)
            case Channel.PRICE_GROWTH:
                return ContractConduct(growth_bp=gain_bp)
            case Channel.KICKBACK:
                return ContractConduct(kickback_bp=gain_bp)
            case _:
                return HONEST_CONTRACT

    def channel_of(self, contract: str) -> Channel:
        """Return what the circle of a contract does; honest where nobody would cheat."""
        plot = self._plots.get(_whole(contract))
        return Channel.HONEST if plot is None else plot.channel

    def label_of(self, contract: str) -> TrueLabel:
        """Return the label of the intents by which the scheme of a contract gains."""
        return label_of(self.channel_of(contract))

    def traces(self, contract: str) -> Trace:
        """Return what a scheme left behind; nothing where there is none.

        What stands on paper stands in digital records too.
        """
        plot = self._plots.get(_whole(contract))
        if plot is None or plot.channel not in SCHEMES:
            return Trace.NONE
        section = self._section
        stands_bp = section.digital_traces if self._is_digital else section.paper_traces
        if not chance_one(further_one(plot.word, "trace"), stands_bp.value):
            return Trace.NONE
        is_signed = plot.channel is Channel.FICTITIOUS_ACT and self._colludes(plot)
        return SCHEMES[Channel.COLLUDING_SUPERVISOR if is_signed else plot.channel].leaves

    def learn(self, case: str, *, was_stopped: bool, time_us: int) -> None:
        """Take notice of what became of an intent, once for each contract and outcome."""
        contract = _whole(case.partition("/")[0])
        plot = self._plots.get(contract)
        if plot is None or plot.channel not in SCHEMES or (contract, was_stopped) in self._told:
            return
        self._told.add((contract, was_stopped))
        self._beliefs.learn(plot.buyer, plot.channel, was_found=was_stopped, time_us=time_us)

    def reopen(self, lot: str, *, was_found: bool) -> None:
        """Let a scheme end before it gained anything; only what was found is heard of."""
        if was_found:
            self.learn(lot, was_stopped=True, time_us=self._clock())
        plot = self._plots[lot]
        self._plots[lot] = plot._replace(channel=Channel.HONEST, gain_ppm=0)

    def _colludes(self, plot: _Plot) -> bool:
        if plot.channel is Channel.FICTITIOUS_ACT:
            return chance_one(further_one(plot.word, "collusion"), self._section.collusion.value)
        return True

    def _plot(self, lot: Lot) -> _Plot | None:
        """Return the plot of a lot's circle, made when it is first asked; None if it never would.

        Who would never cheat is not remembered: the word says it again.
        """
        need = _whole(lot.id)
        if (plot := self._plots.get(need)) is not None:
            return plot
        word = self._luck.of(need)
        if not chance_one(further_one(word, "dishonest"), self._section.dishonest.value):
            return None
        buyer, gains = lot.buyer.id, self._gains(lot, word)
        channel = choose(
            self._weigh(buyer, gains, word),
            self._sensitivity,
            switching_ppm=self._section.switching_cost.value * _PPM_PER_BP,
            possible=list(gains),
        )
        self._running[buyer, channel] += 1
        plot = _Plot(buyer, channel, gains[channel], word)
        self._plots[need] = plot
        return plot

    def _gains(self, lot: Lot, word: int) -> dict[Channel, int]:
        """Return what each way that is open to a lot's circle would yield it."""
        capacity, gains = self._section.capacity.value, {}
        for channel in self._constants:
            section = self._section.typologies.get(channel)
            if section is None:
                gains[channel] = 0
            elif _is_open(channel, lot) and self._running[lot.buyer.id, channel] < capacity:
                drawn = further_one(word, f"gain/{channel}")
                gains[channel] = gain_ppm(section, self._section.dishonest.value, drawn)
        if Channel.DIVERTED_ADVANCE in gains:
            advance_ppm = self._advance_bp(lot) * _PPM_PER_BP
            gains[Channel.DIVERTED_ADVANCE] = min(gains[Channel.DIVERTED_ADVANCE], advance_ppm)
            if not advance_ppm:
                del gains[Channel.DIVERTED_ADVANCE]
        return gains

    def _weigh(self, buyer: str, gains: Mapping[Channel, int], word: int) -> Weighing:
        liking = [further_one(word, f"taste/{channel}") for channel in gains]
        drawn = gumbels(np.array(liking, dtype=np.uint64)).tolist()
        tastes = {
            channel: self._constants[channel] + number
            for channel, number in zip(gains, drawn, strict=True)
        }
        base = {one: utility_ppm(gain, self._base[one], self._cost) for one, gain in gains.items()}
        if not self._section.adaptive:
            return Weighing(tastes, base, base)
        time_us, beliefs = self._clock(), self._beliefs
        now = {
            one: utility_ppm(
                gain, beliefs.found_ppm(buyer, one, self._now[one], time_us), self._cost
            )
            for one, gain in gains.items()
        }
        return Weighing(tastes, base, now)


class Screened:
    """The circles, as far as desk control lets their lots be announced as they are.

    A lot that is corrected before its announcement is honest from then on.
    """

    def __init__(self, circles: Circles, announced: Callable[[Lot], bool]) -> None:
        """Have every lot looked at once by `announced`, which says whether it is corrected."""
        self._circles = circles
        self._announced = announced
        self._seen: set[str] = set()

    def of_lot(self, lot: Lot) -> LotConduct:
        """Return what is dishonest about a lot as it is announced."""
        conduct = self._circles.of_lot(lot)
        if lot.id in self._seen or lot.id != _whole(lot.id):
            return conduct
        self._seen.add(lot.id)
        if not self._announced(lot) or conduct == HONEST_LOT:
            return conduct
        self._circles.reopen(lot.id, was_found=True)
        return HONEST_LOT

    def of_contract(self, award: Award) -> ContractConduct:
        """Return what is dishonest about a contract."""
        return self._circles.of_contract(award)

    def reopen(self, lot: str, *, was_found: bool) -> None:
        """Let the scheme of a lot end, because its tender is held again, openly."""
        self._circles.reopen(lot, was_found=was_found)

    def learn(self, case: str, *, was_stopped: bool, time_us: int) -> None:
        """Take notice of what became of an intent."""
        self._circles.learn(case, was_stopped=was_stopped, time_us=time_us)


def _whole(contract: str) -> str:
    """Return the lot that a contract is about: parts of a split need belong to the same scheme."""
    return contract.partition(PART)[0]


def _is_open(channel: Channel, lot: Lot) -> bool:
    """Return whether a lot has room for a scheme; a matter of the lot alone, not of the arm."""
    match channel:
        case Channel.SHELL_SUBCONTRACTOR | Channel.OVERRIDE_ABUSE | Channel.CAPTURED_OWNER:
            return lot.layer == "large"
        case Channel.COLLUDING_SUPERVISOR | Channel.PRICE_GROWTH:
            return lot.category == "works"
        case Channel.SPLIT_CONTRACT:
            return lot.layer == "small" and lot.method.is_competitive
        case Channel.BID_RIGGING | Channel.TAILORED_SPECIFICATION:
            return lot.method.is_competitive
        case _:
            return True
