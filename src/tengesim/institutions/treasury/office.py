"""The office for claims: holds a programme's money, pays claims, takes back the unspent.

A claim is reserved when it is submitted and paid when it is due, so no payment exceeds what was
reserved for it. A corrected claim replaces the earlier version before either is paid.
"""

from collections.abc import Generator
from typing import Final

import simpy

from tengesim.codes import Form, Kind, Status
from tengesim.institutions.treasury.model import TreasurySection
from tengesim.ledger.moves import deposit_from_reserves
from tengesim.money import BP
from tengesim.payment import Move, Particulars, Posting
from tengesim.ports import ClaimNotice, Ports

__all__ = ["Treasury", "build"]

_OPENING: Final = "opening"


class Treasury:
    """Owner of the single account at the National Bank."""

    def __init__(self, section: TreasurySection, national_bank: str, ports: Ports) -> None:
        """Listen for claims."""
        self._id = section.id
        self._margin_bp = section.appropriation_margin.value
        self._national_bank = national_bank
        self._ports = ports
        self._pending: dict[str, str] = {}
        ports.bulletin.listen("claim", self._receive)

    def fund(self, programme: str, due_tiyn: int) -> None:
        """Open the programme's appropriation: what can fall due plus the planning margin."""
        amount_tiyn = due_tiyn + due_tiyn * self._margin_bp // BP
        if not amount_tiyn:
            return
        opened = self._ports.ledger.open
        issuer = opened(self._national_bank, self._national_bank, Form.TREASURY_SINGLE_ACCOUNT)
        single = opened(self._id, self._national_bank, Form.TREASURY_SINGLE_ACCOUNT)
        intent = f"{programme}/{_OPENING}"
        self._ports.ledger.post(
            Posting(
                intent,
                Kind.OPENING,
                (Move(issuer, single, amount_tiyn),),
                self._particulars(intent, programme),
            )
        )

    def _receive(self, notice: object) -> None:
        if not isinstance(notice, ClaimNotice):
            raise TypeError(f"a claim is a ClaimNotice, not {notice!r}")
        earlier = self._pending.pop(notice.key, None)
        if earlier is not None:
            self._ports.ledger.void(earlier)
        if not notice.amount_tiyn:
            return
        posting_id = f"{notice.key}/{notice.version}"
        outcome = self._ports.ledger.hold(self._posting(posting_id, notice))
        if outcome.status is Status.HELD:
            self._pending[notice.key] = posting_id
            self._ports.start(self._pay(notice.key, posting_id, notice.due_us))

    def _pay(self, key: str, posting_id: str, due_us: int) -> Generator[simpy.Event, None, None]:
        yield self._ports.until(due_us)
        # A later version may have replaced this one while it waited.
        if self._pending.get(key) == posting_id:
            del self._pending[key]
            self._ports.ledger.complete(posting_id)

    def _posting(self, posting_id: str, notice: ClaimNotice) -> Posting:
        ledger = self._ports.ledger
        issuer = ledger.open(self._national_bank, self._national_bank, Form.TREASURY_SINGLE_ACCOUNT)
        single = ledger.open(self._id, self._national_bank, Form.TREASURY_SINGLE_ACCOUNT)
        moves = (
            Move(single, issuer, notice.amount_tiyn),
            *deposit_from_reserves(
                ledger,
                national_bank=self._national_bank,
                bank=notice.bank,
                holder=notice.payee,
                amount_tiyn=notice.amount_tiyn,
            ),
        )
        particulars = self._particulars(notice.key, notice.programme)
        return Posting(posting_id, Kind.CLAIM, moves, particulars)

    def _particulars(self, intent: str, programme: str) -> Particulars:
        name = self._ports.names.id
        return Particulars(intent=name(intent), programme=name(programme))


def build(section: TreasurySection, national_bank: str, ports: Ports) -> Treasury:
    """Put the Treasury into the world."""
    return Treasury(section, national_bank, ports)
