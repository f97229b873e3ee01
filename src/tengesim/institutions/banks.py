"""The two tiers of banks: the National Bank issues and redeems, second-tier banks owe deposits.

Issuing digital tenge to the Treasury swaps two liabilities of the National Bank, so no reserve
moves. Reserves move at redemption: the holder's bank gains reserves and owes the deposit.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from tengesim.codes import Form, Kind
from tengesim.ledger.moves import deposit_from_reserves
from tengesim.money import BP
from tengesim.parameter import Identifier, Rate, Section, Sourced, refusal
from tengesim.payment import Move, Particulars, Posting
from tengesim.ports import IssueRequest, Ports, RedeemRequest

__all__ = ["BanksSection", "NationalBank", "build"]


class BankSection(Section):
    """A second-tier bank and its share of the payees' accounts."""

    id: Identifier
    share: Sourced[Rate]


class BanksSection(Section):
    """The banks of the world."""

    national_bank: Identifier
    second_tier: Annotated[tuple[BankSection, ...], Field(strict=False, min_length=2)]

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        total_bp = sum(bank.share.value for bank in self.second_tier)
        if total_bp != BP:
            raise refusal(
                "SHARES",
                f"the shares of the second tier add up to {total_bp / 100:g} %",
                expected="100 %",
                at=("second_tier",),
            )
        return self


class NationalBank:
    """Issues digital tenge to the Treasury and redeems it for whoever holds it unmarked."""

    def __init__(self, section: BanksSection, treasury: str, ports: Ports) -> None:
        """Listen for requests to issue and to redeem."""
        self._id = section.national_bank
        self._treasury = treasury
        self._ports = ports
        ports.bulletin.listen("issue", self._issue)
        ports.bulletin.listen("redeem", self._redeem)

    def _issue(self, request: object) -> None:
        if not isinstance(request, IssueRequest):
            raise TypeError(f"an issue is asked for by an IssueRequest, not {request!r}")
        opened = self._ports.ledger.open
        issuer_tsa = opened(self._id, self._id, Form.TREASURY_SINGLE_ACCOUNT)
        treasury_tsa = opened(self._treasury, self._id, Form.TREASURY_SINGLE_ACCOUNT)
        issuer = opened(self._id, self._id, Form.DIGITAL_TENGE)
        marked = opened(self._treasury, self._id, Form.DIGITAL_TENGE, request.mark)
        moves = (
            Move(treasury_tsa, issuer_tsa, request.amount_tiyn),
            Move(issuer, marked, request.amount_tiyn),
        )
        self._ports.ledger.post(
            Posting(request.id, Kind.ISSUE, moves, self._particulars(request.id, request.programme))
        )

    def _redeem(self, request: object) -> None:
        if not isinstance(request, RedeemRequest):
            raise TypeError(f"a redemption is asked for by a RedeemRequest, not {request!r}")
        opened = self._ports.ledger.open
        issuer = opened(self._id, self._id, Form.DIGITAL_TENGE)
        held = opened(request.holder, self._id, Form.DIGITAL_TENGE)
        amount_tiyn = request.amount_tiyn
        moves: tuple[Move, ...] = (Move(held, issuer, amount_tiyn),)
        if request.bank is None:
            issuer_tsa = opened(self._id, self._id, Form.TREASURY_SINGLE_ACCOUNT)
            own_tsa = opened(request.holder, self._id, Form.TREASURY_SINGLE_ACCOUNT)
            moves += (Move(issuer_tsa, own_tsa, amount_tiyn),)
        else:
            moves += deposit_from_reserves(
                self._ports.ledger,
                national_bank=self._id,
                bank=request.bank,
                holder=request.holder,
                amount_tiyn=amount_tiyn,
            )
        self._ports.ledger.post(
            Posting(
                request.id, Kind.REDEEM, moves, self._particulars(request.id, request.programme)
            )
        )

    def _particulars(self, intent: str, programme: str) -> Particulars:
        name = self._ports.names.id
        return Particulars(intent=name(intent), programme=name(programme))


def build(section: BanksSection, treasury: str, ports: Ports) -> NationalBank:
    """Put the banks into the world."""
    return NationalBank(section, treasury, ports)
