"""What a rule book is asked before a contract is given to a bidder, and what it is told.

It sees the bid, by which method the lot is planned, what registers answer about the bidder, and
what the buyer awarded to it before. Truth it does not see: a relative whom the company register
does not show is nobody's relative.
"""

from tengesim.codes import Evidence
from tengesim.institutions.procurement.evidence import Luck
from tengesim.institutions.procurement.works import Award, Bid, Firm, Lot
from tengesim.money import BP
from tengesim.payment import Awarded, Facts, Observation, Operation
from tengesim.ports import Control, Decided, Ports
from tengesim.streams import chance_one

__all__ = ["Admission"]


class Admission:
    """Asks a rule book about awards, and remembers who got what from whom."""

    def __init__(
        self, control: Control, ports: Ports, luck: Luck, *, guarantee_bp: int, domestic_bp: int
    ) -> None:
        """Start with nothing awarded; `domestic_bp` of bids for goods are of domestic makers."""
        self._luck = luck
        self._domestic_bp = domestic_bp
        self._control = control
        self._calendar = ports.calendar
        self._guarantee_bp = guarantee_bp
        self._awards: dict[tuple[str, str], tuple[Awarded, ...]] = {}

    def decide(self, lot: Lot, bid: Bid, time_us: int) -> Decided:
        """Return what the rule book says to giving `lot` to a bidder now."""
        firm, day = bid.firm, self._calendar.day_number(time_us)
        facts = Facts(
            region=lot.buyer.region,
            commodity=lot.commodity,
            units=lot.units,
            unit_price_tiyn=bid.price_tiyn // lot.units,
            reference_price_tiyn=lot.reference_price_tiyn,
            contract_tiyn=bid.price_tiyn,
            guarantee_tiyn=bid.price_tiyn * self._guarantee_bp // BP,
            domestic_bp=self._domestic(lot, firm),
            awards=self._awards.get((lot.buyer.id, firm.id), ()),
        )
        midnight_us = int(self._calendar.at(self._calendar.date_of(time_us)))
        return self._control.decide(
            Observation(
                operation=Operation.AWARD,
                time_us=time_us,
                day=day,
                time_of_day_us=time_us - midnight_us,
                payer=lot.buyer.id,
                payee=firm.id,
                purpose=lot.method.value,
                category=lot.category,
                amount_tiyn=bid.price_tiyn,
                evidence=_answers(firm, lot),
                facts=facts,
            )
        )

    def _domestic(self, lot: Lot, firm: Firm) -> int:
        """Return the share of domestic makers in what a firm would deliver."""
        if lot.category != "goods" or not self._domestic_bp:
            return 0
        word = self._luck.of(f"{lot.id}/{firm.id}")
        return BP if chance_one(word, self._domestic_bp) else 0

    def keep(self, award: Award) -> None:
        """Remember an award."""
        whom = award.lot.buyer.id, award.firm.id
        day = self._calendar.day_number(award.awarded_us)
        earlier = self._awards.get(whom, ())
        self._awards[whom] = (*earlier, Awarded(day, award.price_tiyn))


def _answers(firm: Firm, lot: Lot) -> int:
    """Return what registers say about a bidder."""
    is_affiliated = firm.group == lot.buyer.id and firm.is_group_registered
    answers = {
        Evidence.PAYEE_LISTED: firm.is_listed,
        Evidence.PAYEE_TAX_CLEAR: firm.is_tax_clear,
        Evidence.PAYEE_VAT_REGISTERED: firm.is_vat_payer,
        Evidence.PAYEE_AFFILIATED: is_affiliated,
    }
    return sum(int(flag) for flag, is_set in answers.items() if is_set)
