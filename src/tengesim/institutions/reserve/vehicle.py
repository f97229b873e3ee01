"""One vehicle of the reserve: what it holds in which wallet, and how it buys and sells.

Everything is bought for dollars and sold for dollars. What a vehicle holds is what the ledger says;
it is read again after every posting, so that looking at it each day costs nothing.
"""

from typing import Final

from tengesim.codes import Form, Kind
from tengesim.institutions.assets import KEEPERS, MARKET, Assets, Flow
from tengesim.institutions.reserve.model import MandateSection, VehicleSection
from tengesim.institutions.reserve.quotes import Quotes
from tengesim.money import BP, split_exactly
from tengesim.payment import Move, Particulars
from tengesim.ports import Interner

__all__ = ["COINS", "Vehicle"]

COINS: Final = (Form.BITCOIN, Form.ETHER, Form.BNB, Form.USDT)
"""What is kept in wallets, hot and cold; the rest stands on accounts."""

_HUNDRED_MILLION_CENTS: Final = 10**8
_SLIPPAGE_MAX_BP: Final = BP // 10


class Vehicle:
    """The accounts of one vehicle; `main` is its hot wallet and all that is no coin."""

    __slots__ = (
        "_assets",
        "_lots",
        "_names",
        "_quotes",
        "_units",
        "changes",
        "cold",
        "kept",
        "main",
        "section",
    )

    def __init__(
        self, section: VehicleSection, assets: Assets, quotes: Quotes, names: Interner
    ) -> None:
        """Hold nothing yet."""
        self.section = section
        self.main = section.holder
        self.cold = f"{section.holder}-cold"
        self._assets = assets
        self._quotes = quotes
        self._names = names
        self._units: dict[Form, tuple[int, int]] = {}
        self._lots: list[tuple[int, int]] = []
        self.changes = 0
        """How often something came or went: who looks every day looks again only where it did."""
        self.kept: dict[Form, int] = {}
        """Units that are spoken for, as many of them as there still are."""

    @property
    def mandate(self) -> MandateSection:
        """What the vehicle should hold."""
        return self.section.mandate

    def held(self) -> dict[Form, int]:
        """Return the base units of every asset that there is something of."""
        return {form: hot + cold for form, (hot, cold) in self._units.items() if hot + cold}

    def units(self, form: Form) -> int:
        """Return the base units of an asset, wherever they are kept."""
        return sum(self._units.get(form, (0, 0)))

    def spare(self, form: Form) -> int:
        """Return the base units of an asset that are not spoken for."""
        return max(0, self.units(form) - self.kept.get(form, 0))

    def in_wallet(self, form: Form, *, is_hot: bool) -> int:
        """Return the base units of an asset that are at hand, or kept cold."""
        return self._units.get(form, (0, 0))[0 if is_hot else 1]

    def worth(self, day: int) -> int:
        """Return what the books say that everything is worth, in tiyn."""
        return self._quotes.total(self.held(), day)

    def take(self, flow: Flow, about: Particulars, *more: Move, rule: str) -> None:
        """Let units come in from outside."""
        self._post(Kind.RESERVE_INFLOW, flow, rule, about, *more)

    def give(self, kind: Kind, form: Form, payee: str, units: int, rule: str, *more: Move) -> None:
        """Let units at hand go out."""
        self._post(kind, Flow(form, self.main, payee, units), rule, Particulars(), *more)

    def lose(self, form: Form, payee: str, units: int, *, is_hot: bool, day: int) -> None:
        """Let units of a wallet be lost."""
        flow = Flow(form, self.main if is_hot else self.cold, payee, units)
        about = Particulars(value=self._quotes.worth(form, units, day))
        self._post(Kind.CUSTODY_LOSS, flow, "hot" if is_hot else "cold", about)

    def store(self, form: Form, units: int) -> None:
        """Bring coins into the cold wallet."""
        self._post(Kind.CUSTODY, Flow(form, self.main, self.cold, units), "store", Particulars())

    def say(self, rule: str, day: int, value: int = 0) -> None:
        """Log what the mandate demands."""
        cents = max(1, self._cents(day))
        about = Particulars(rule=self._names.id(rule), value=value)
        self._assets.record(Kind.MANDATE, Flow(Form.US_DOLLAR, self.main, MARKET, cents), about)

    def sellable(self, form: Form, day: int) -> int:
        """Return the units that may be sold; fund units are locked up for a time."""
        if form is not Form.FUND_UNIT:
            return self.units(form)
        return min(self.units(form), sum(units for free, units in self._lots if free <= day))

    def sell(self, form: Form, units: int, day: int, rule: str) -> int:
        """Sell units, from the cold wallet too, for dollars; return the cents after costs."""
        cents = self._quotes.cents(form, units, day)
        if not cents:
            return 0
        missing = units - self.in_wallet(form, is_hot=True)
        if missing > 0:
            flow = Flow(form, self.cold, self.main, missing)
            self._post(Kind.CUSTODY, flow, "release", Particulars())
        buyer = KEEPERS[form] if form is Form.FUND_UNIT else MARKET
        about = Particulars(value=self._quotes.worth(form, units, day))
        dollars = self._dollars(MARKET, self.main, cents)
        self._post(Kind.TRADE, Flow(form, self.main, buyer, units), rule, about, dollars)
        if form is Form.FUND_UNIT:
            self._redeem(units)
        self._refresh(Form.US_DOLLAR)
        return cents - self._pay_cost(self.cost(cents))

    def buy(self, form: Form, cents: int, day: int, rule: str, *, free_on: int = 0) -> None:
        """Buy for `cents`, of which the costs are paid too; fund units are free on a later day."""
        cost = self.cost(cents)
        units = self._quotes.units(form, cents - cost, day)
        if not units:
            return
        seller = KEEPERS[form] if form is Form.FUND_UNIT else MARKET
        about = Particulars(value=self._quotes.worth(form, units, day))
        dollars = self._dollars(self.main, MARKET, cents - cost)
        self._post(Kind.TRADE, Flow(form, seller, self.main, units), rule, about, dollars)
        if form is Form.FUND_UNIT:
            self._lots.append((free_on, units))
        self._refresh(Form.US_DOLLAR)
        self._pay_cost(cost)

    def raise_dollars(self, cents: int, day: int, rule: str) -> int:
        """Sell of everything in proportion until there are `cents`; return what there is of them.

        Costs may leave a little less.
        """
        missing = cents - self.units(Form.US_DOLLAR)
        if missing > 0:
            brings = {
                form.name: self._quotes.cents(form, self.sellable(form, day), day)
                for form in self.held()
                if form is not Form.US_DOLLAR
            }
            total = sum(brings.values())
            if total:
                for name, part in split_exactly(min(missing, total), brings).items():
                    form = Form[name]
                    units = -(-part * self.sellable(form, day) // brings[name]) if part else 0
                    self.sell(form, units, day, rule)
        return min(cents, self.units(Form.US_DOLLAR))

    def cost(self, cents: int) -> int:
        """Return what it costs to trade `cents` at once."""
        mandate = self.mandate
        moved_bp = mandate.slippage.value * cents // _HUNDRED_MILLION_CENTS
        return cents * (mandate.spread.value + min(moved_bp, _SLIPPAGE_MAX_BP)) // BP

    def _pay_cost(self, cost: int) -> int:
        if cost:
            self.give(Kind.TRADE_COST, Form.US_DOLLAR, MARKET, cost, "trade")
        return cost

    def _redeem(self, units: int) -> None:
        """Take redeemed units from the oldest lots."""
        while units:
            free, lot = self._lots.pop(0)
            if lot > units:
                self._lots.insert(0, (free, lot - units))
            units -= min(lot, units)

    def _cents(self, day: int) -> int:
        """Return the worth of everything in cents of the day."""
        return sum(self._quotes.cents(form, units, day) for form, units in self.held().items())

    def _dollars(self, payer: str, payee: str, cents: int) -> Move:
        account = self._assets.account
        return Move(account(payer, Form.US_DOLLAR), account(payee, Form.US_DOLLAR), cents)

    def _post(self, kind: Kind, flow: Flow, rule: str, about: Particulars, *more: Move) -> None:
        about = about._replace(rule=self._names.id(rule))
        self._assets.move(kind, flow, about, *more)
        self._refresh(flow.form)

    def _refresh(self, form: Form) -> None:
        self.changes += 1
        cold = self._assets.units(self.cold, form) if form in COINS else 0
        self._units[form] = (self._assets.units(self.main, form), cold)
