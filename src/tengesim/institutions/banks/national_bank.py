"""The National Bank as the Treasury's banker: issues digital tenge to it, and redeems.

Issuing digital tenge to the Treasury swaps two liabilities of the National Bank, so no reserve
moves. Reserves move at redemption: the holder's bank gains reserves and owes the deposit.
"""

from tengesim.codes import Form, Kind
from tengesim.institutions.banks.model import BanksSection
from tengesim.ledger.moves import deposit_from_reserves
from tengesim.payment import Move, Particulars, Posting
from tengesim.ports import IssueRequest, Ports, RedeemRequest

__all__ = ["NationalBank"]


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
