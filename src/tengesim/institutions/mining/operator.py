"""Who mines for the state: pays a month's bill, takes the coins in, hands them to the reserve.

Money follows the budget: the Treasury gives the operator what the month cost, up to the
appropriation; once it is used up a bill stays unpaid and the machines rest. What somebody forgoes
without paying it, a fee or power that has to be imported, is recorded beside it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from tengesim.codes import Form, Kind, Provenance, Reason
from tengesim.institutions.assets import KEEPERS, Assets, Flow, worth_tiyn
from tengesim.institutions.mining.model import MiningSection
from tengesim.institutions.mining.works import Output, Works
from tengesim.ledger.moves import deposit_from_reserves
from tengesim.market.network import MICRO
from tengesim.money import BP
from tengesim.payment import AccountId, Move, Particulars, Posting
from tengesim.ports import AssetInflow, Ports, Prices

__all__ = ["PAYEES", "Bankers", "Operator"]

_PROGRAMME: Final = "mining"
_COIN: Final = Form.BITCOIN
_WH_PER_KWH: Final = 1_000
_DAY_HOURS, _NIGHT_HOURS = 16, 8
"""Imported power is dearer from 07:00 to 23:00."""
_POWER_COMPANY: Final = "power-company"
PAYEES: Final = {
    "power": _POWER_COMPANY,
    "fee": "tax-office",
    "hosting": "hosting-company",
    "capital": "machine-maker",
    "tax": "tax-office",
}
"""Who is paid for what, as the log names them."""


class Bankers(NamedTuple):
    """Whose money it is, and where it is kept."""

    treasury: str
    national_bank: str
    bank: str


class Operator:
    """Acts for the state once a month."""

    def __init__(
        self,
        section: MiningSection,
        works: Works,
        assets: Assets,
        ports: Ports,
        bankers: Bankers,
    ) -> None:
        """Stand before the first month."""
        self._section = section
        self._works = works
        self._assets = assets
        self._ports = ports
        self._bankers = bankers
        self._left_tiyn = section.appropriation.value
        self._has_money = True
        self._carried_micro_sat = 0

    def open(self) -> None:
        """Let the budget hold the appropriation."""
        if not self._left_tiyn:
            return
        bank, treasury = self._bankers.national_bank, self._bankers.treasury
        issuer, single = (
            self._ports.ledger.open(holder, bank, Form.TREASURY_SINGLE_ACCOUNT)
            for holder in (bank, treasury)
        )
        move = Move(issuer, single, self._left_tiyn)
        self._ports.ledger.post(self._posting("opening", Kind.OPENING, (move,), Particulars()))

    def settle(self, days: Sequence[date], prices: Prices, number: int) -> None:
        """Settle the days since the last time at the prices of the last of them, `number`."""
        output = self._works.run(days, has_money=self._has_money)
        month = f"{days[0]:%Y-%m}"
        coin_tiyn = prices.tiyn(_COIN, number)
        sat = self._take_in(month, output)
        self._pay(month, self._bill(output, worth_tiyn(_COIN, sat, coin_tiyn)), output)
        self._say_what_is_forgone(month, output, coin_tiyn)
        self._say_what_the_grid_gets(month, days)

    def _take_in(self, month: str, output: Output) -> int:
        """Receive the state's coins of a month and offer them to its reserve; return satoshi."""
        micro_sat = self._states(output) + self._carried_micro_sat
        sat, self._carried_micro_sat = divmod(micro_sat, MICRO)
        if not sat:
            return 0
        operator, intent = self._section.operator, self._ports.names.id(f"{_PROGRAMME}/{month}")
        about = Particulars(
            intent=intent,
            value=output.micro_sat // MICRO,
            limit=output.expected_micro_sat // MICRO,
        )
        self._assets.move(Kind.MINED, Flow(_COIN, KEEPERS[_COIN], operator, sat), about)
        is_own = self._section.mode == "state_fleet"
        provenance = Provenance.MINED if is_own else Provenance.ENERGY
        self._ports.bulletin.announce(
            "inflow", AssetInflow(_COIN, operator, sat, provenance, intent)
        )
        return sat

    def _states(self, output: Output) -> int:
        """Return the part of what was found that is the state's, in millionths of a satoshi."""
        section = self._section
        kept = output.micro_sat * (BP - section.pool.fee.value) // BP
        if section.state_share is not None:
            return kept * section.state_share.value // BP
        if section.energy_price is not None:
            # Miners without luck hand over all they have; the rest is their default.
            return min(kept, output.owed_micro_sat)
        return kept

    def _bill(self, output: Output, worth: int) -> dict[str, int]:
        """Return what the state pays for a month, by what it is for."""
        section, kwh = self._section, output.watt_hours // _WH_PER_KWH
        power = kwh * section.power.tariff.value
        if section.mode == "share_in_kind":
            return {}
        if section.mode == "energy_for_coin":
            return {"power": power}
        bill = {
            "power": power,
            "fee": kwh * section.fee.value,
            "hosting": output.hosting_tiyn,
            "capital": output.capital_tiyn,
        }
        profit = max(worth - sum(bill.values()), 0)
        return bill | {"tax": profit * section.profit_tax.value // BP}

    def _pay(self, month: str, bill: dict[str, int], output: Output) -> None:
        """Draw a month's bill from the budget and pay it, or say that there is no money for it."""
        total = sum(bill.values())
        if not total:
            return
        bankers, ledger = self._bankers, self._ports.ledger
        issuer, single = (
            ledger.open(holder, bankers.national_bank, Form.TREASURY_SINGLE_ACCOUNT)
            for holder in (bankers.national_bank, bankers.treasury)
        )
        filled = deposit_from_reserves(
            ledger,
            national_bank=bankers.national_bank,
            bank=bankers.bank,
            holder=self._section.operator,
            amount_tiyn=total,
        )
        moves = (Move(single, issuer, total), *filled)
        draw = self._posting(f"{month}/draw", Kind.BUDGET_PAYMENT, moves, self._about(month))
        if total > self._left_tiyn:
            self._has_money = False
            ledger.refuse(draw, Reason.APPROPRIATION_EXCEEDED)
            return
        self._left_tiyn -= total
        ledger.post(draw)
        for what, amount_tiyn in bill.items():
            if amount_tiyn:
                kwh = output.watt_hours // _WH_PER_KWH if what == "power" else 0
                paid = (self._towards(what, amount_tiyn),)
                about = self._about(month, what, kwh)
                ledger.post(self._posting(f"{month}/{what}", Kind.MINING_COST, paid, about))

    def _say_what_is_forgone(self, month: str, output: Output, coin_tiyn: int) -> None:
        """Record what nobody pays: dearer imports, and what a share in kind stands for."""
        section, kwh = self._section, output.watt_hours // _WH_PER_KWH
        power = section.power
        hours = _DAY_HOURS + _NIGHT_HOURS
        imported_tiyn = (
            _DAY_HOURS * power.import_by_day.value + _NIGHT_HOURS * power.import_by_night.value
        ) // hours
        dearer = max(imported_tiyn - power.tariff.value, 0)
        imported_kwh = kwh * power.imported.value // BP
        self._record(month, "import", imported_kwh * dearer, imported_kwh)
        if section.mode == "share_in_kind":
            fee = kwh * section.fee.value
            cost = kwh * power.tariff.value + fee + output.hosting_tiyn + output.capital_tiyn
            kept = output.micro_sat // MICRO * (BP - section.pool.fee.value) // BP
            profit = max(worth_tiyn(_COIN, kept, coin_tiyn) - cost, 0)
            forgone = fee + profit * section.profit_tax.value // BP
            self._record(month, "forgone", forgone, kwh, kind=Kind.REVENUE)

    def _say_what_the_grid_gets(self, month: str, days: Sequence[date]) -> None:
        """Record what a rebuilt plant gives the grid, and what miners beside the scheme draw."""
        plant, licensed = self._section.plant, self._section.licensed
        hours = 24 * len(days)
        if plant is not None:
            given_bp = plant.availability.value * plant.to_grid.value
            kwh = int(plant.capacity.value * 1_000 * hours * given_bp) // BP**2
            self._record(month, "to_grid", kwh * self._section.power.tariff.value, kwh)
        if licensed is not None:
            kwh = int(licensed.power.value * 1_000 * hours)
            self._record(month, "licensed", kwh * self._section.fee.value, kwh)

    def _record(
        self,
        month: str,
        what: str,
        amount_tiyn: int,
        kwh: int,
        *,
        kind: Kind = Kind.MINING_COST,
    ) -> None:
        if amount_tiyn:
            moves = (self._towards(what, amount_tiyn),)
            about = self._about(month, what, kwh)
            posting = self._posting(f"{month}/{what}", kind, moves, about)
            self._ports.ledger.record(posting)

    def _deposit(self, holder: str) -> AccountId:
        return self._ports.ledger.open(holder, self._bankers.bank, Form.BANK_DEPOSIT)

    def _towards(self, what: str, amount_tiyn: int) -> Move:
        """Return the move of the operator's money to whoever is paid for something."""
        payee = self._deposit(PAYEES.get(what, _POWER_COMPANY))
        return Move(self._deposit(self._section.operator), payee, amount_tiyn)

    def _about(self, month: str, what: str = "", kwh: int = 0) -> Particulars:
        name = self._ports.names.id
        return Particulars(
            intent=name(f"{_PROGRAMME}/{month}"),
            programme=name(_PROGRAMME),
            rule=name(what),
            value=kwh,
        )

    def _posting(
        self, posting_id: str, kind: Kind, moves: tuple[Move, ...], about: Particulars
    ) -> Posting:
        return Posting(f"{_PROGRAMME}/{posting_id}", kind, moves, about)
