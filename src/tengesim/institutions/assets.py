"""Assets in the ledger: what they are called, who holds them, and how a row of them is written.

Apart from the institutions, because mining, courts and the reserve all move assets and none of them
may import another.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from tengesim.codes import BASE_UNITS, Form, Kind, column_text
from tengesim.errors import InvariantError
from tengesim.money import mul_div
from tengesim.payment import AccountId, Move, NameId, Outcome, Particulars, Posting
from tengesim.ports import Ports

__all__ = [
    "ASSETS",
    "AUTHORISED_BODY",
    "EVIDENCE_CUSTODY",
    "HOLDERS",
    "KEEPERS",
    "LOST",
    "MARKET",
    "OWNER",
    "SUSPECT",
    "VICTIMS",
    "Assets",
    "Flow",
    "programme_of",
    "worth_tiyn",
]

SUSPECT: Final = "suspect"
EVIDENCE_CUSTODY: Final = "evidence-custody"
OWNER: Final = "owner"
VICTIMS: Final = "victims"
AUTHORISED_BODY: Final = "authorised-body"
"""Who keeps what is forfeited until it is handed over or sold."""
MARKET: Final = "market"
"""Everybody whom nobody names: who sells and buys, and holds what else there is."""
LOST: Final = "lost"
"""What nobody can spend any more, and what was stolen."""

KEEPERS: Final[Mapping[Form, str]] = {
    Form.BITCOIN: "bitcoin",
    Form.ETHER: "ethereum",
    Form.BNB: "bnb-chain",
    Form.USDT: "tether",
    Form.GOLD: "gold-market",
    Form.US_DOLLAR: "fx-market",
    Form.FUND_UNIT: "crypto-funds",
}
"""Network, issuer or market that the units of an asset come from."""

HOLDERS: Final = frozenset(
    {SUSPECT, EVIDENCE_CUSTODY, OWNER, VICTIMS, AUTHORISED_BODY, MARKET, LOST, *KEEPERS.values()}
)
"""Names that are given: nobody in a scenario may bear one of them."""

ASSETS: Final[Mapping[str, Form]] = {column_text(form): form for form in BASE_UNITS}
"""Assets by the name they have in scenarios and in the log."""

_MARKET_UNITS: Final[Mapping[Form, int]] = {
    Form.BITCOIN: 10**15,
    Form.ETHER: 10**17,
    Form.BNB: 10**17,
    Form.USDT: 10**17,
    Form.GOLD: 10**14,
    Form.US_DOLLAR: 10**14,
}
"""What the market holds at first, in base units, to the power of ten of what there is: ten million
bitcoins, a hundred thousand tons of gold. No decision depends on it."""

_NOTHING: Final = Particulars()


def programme_of(form: Form) -> str:
    """Return the programme that rows of an asset bear."""
    return f"asset/{column_text(form)}"


def worth_tiyn(form: Form, units: int, price_tiyn: int) -> int:
    """Return what `units` base units are worth at `price_tiyn` a whole unit, rounded down."""
    return mul_div(units, price_tiyn, BASE_UNITS[form])


class Flow(NamedTuple):
    """Base units of one asset on their way from one holder to another."""

    form: Form
    payer: str
    payee: str
    units: int


class Assets:
    """The accounts of assets in one ledger; everybody who moves assets shares the same one."""

    __slots__ = ("_accounts", "_number", "_ports", "_programmes")

    def __init__(self, ports: Ports) -> None:
        """Know no account yet."""
        self._ports = ports
        self._accounts: dict[tuple[str, Form], AccountId] = {}
        self._programmes = {form: ports.names.id(programme_of(form)) for form in BASE_UNITS}
        self._number = 0

    def open_market(self, forms: Iterable[Form]) -> None:
        """Give the market what there is of some assets, once."""
        for form in forms:
            self.move(Kind.OPENING, Flow(form, KEEPERS[form], MARKET, _MARKET_UNITS[form]))

    def programme(self, form: Form) -> NameId:
        """Return the name of the programme that rows of an asset bear."""
        return self._programmes[form]

    def account(self, holder: str, form: Form) -> AccountId:
        """Return the account of `holder` for an asset, opened when it is first asked for."""
        known = self._accounts.get((holder, form))
        if known is None:
            known = self._ports.ledger.open(holder, KEEPERS[form], form)
            self._accounts[holder, form] = known
        return known

    def units(self, holder: str, form: Form) -> int:
        """Return the base units of an asset that `holder` can dispose of."""
        return self._ports.ledger.free(self.account(holder, form))

    def move(self, kind: Kind, flow: Flow, about: Particulars = _NOTHING, *more: Move) -> Outcome:
        """Carry out `flow` with whatever `more` moves with it, all or nothing.

        Raises InvariantError where a payer has less: who moves assets knows how many there are.
        """
        outcome = self._ports.ledger.post(self.posting(kind, flow, about, *more))
        if outcome.reason:
            raise InvariantError(f"{flow.payer} has not the {flow.units} units for a {kind.name}")
        return outcome

    def record(self, kind: Kind, flow: Flow, about: Particulars = _NOTHING) -> Outcome:
        """Log something about units of an asset; nothing moves."""
        return self._ports.ledger.record(self.posting(kind, flow, about))

    def posting(self, kind: Kind, flow: Flow, about: Particulars, *more: Move) -> Posting:
        """Return a posting that bears the programme of its asset and an id of its own."""
        self._number += 1
        form, payer, payee, units = flow
        first = Move(self.account(payer, form), self.account(payee, form), units)
        programme = self._programmes[form]
        if about.programme != programme:
            about = about._replace(programme=programme)
        return Posting(f"asset/{self._number}", kind, (first, *more), about)
