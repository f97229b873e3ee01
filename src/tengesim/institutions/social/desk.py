"""The desk that every caterers' office has: takings read, complaints heard, columns of its rows."""

from dataclasses import dataclass, field

from tengesim.codes import Form
from tengesim.institutions.social.model import MealsSection
from tengesim.institutions.social.roster import Payee, Roster
from tengesim.ledger.moves import reserves_from_deposit
from tengesim.payment import Move, Particulars
from tengesim.ports import Complaint, Ports

__all__ = ["Desk"]


@dataclass(slots=True)
class Desk:
    """What both kinds of caterers' office keep: who they are, what they have read, what is due."""

    section: MealsSection
    roster: Roster
    ports: Ports
    read: dict[str, int] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)

    def takings(self, payee: Payee, place: str) -> int:
        """Return the tiyn that `payee` took at `place` since the last call."""
        total = self.ports.takings.of(self.roster.programme, place, payee.name)
        earlier = self.read.get(place, 0)
        self.read[place] = total
        return total - earlier

    def hear(self, complaint: object) -> None:
        """Note a complaint about this programme for the next round of refunds."""
        if not isinstance(complaint, Complaint):
            raise TypeError(f"a complaint is a Complaint, not {complaint!r}")
        if complaint.programme == self.roster.programme:
            self.complaints.append(complaint)

    def due_complaints(self, day: int) -> list[Complaint]:
        """Take out the complaints about earlier days than `day`."""
        due = [complaint for complaint in self.complaints if complaint.day < day]
        self.complaints = [complaint for complaint in self.complaints if complaint.day >= day]
        return due

    def particulars(self, intent: str, place: str = "", evidence: int = 0) -> Particulars:
        """Return the columns of an internal row."""
        name = self.ports.names.id
        return Particulars(
            intent=name(intent),
            evidence=evidence,
            region=self.roster.region,
            programme=name(self.roster.programme),
            place=name(place),
        )

    def refund_particulars(self, complaint: Complaint) -> Particulars:
        """Return the columns of a refund, which bears the intent of the meal."""
        return Particulars(
            intent=complaint.intent,
            true_label=complaint.true_label,
            region=self.roster.region,
            programme=self.ports.names.id(self.roster.programme),
            place=complaint.place,
        )

    def payee_at(self, complaint: Complaint) -> tuple[Payee, str]:
        """Return who served the meal and the place's name."""
        for payee in self.roster.payees:
            for place in payee.places:
                if self.ports.names.id(place) == complaint.place:
                    return payee, place
        raise ValueError(f"nobody serves at place {complaint.place}")

    def to_budget(self, payee: Payee, amount_tiyn: int) -> tuple[Move, ...]:
        """Return the moves from the payee's deposit back to the Treasury's single account."""
        ledger, bank = self.ports.ledger, self.roster.national_bank
        issuer = ledger.open(bank, bank, Form.TREASURY_SINGLE_ACCOUNT)
        single = ledger.open(self.roster.treasury, bank, Form.TREASURY_SINGLE_ACCOUNT)
        return (*self.from_deposit(payee, amount_tiyn), Move(issuer, single, amount_tiyn))

    def from_deposit(self, payee: Payee, amount_tiyn: int) -> tuple[Move, Move]:
        """Return the moves that retire the payee's deposit and its bank's reserves."""
        return reserves_from_deposit(
            self.ports.ledger,
            national_bank=self.roster.national_bank,
            bank=payee.bank,
            holder=payee.name,
            amount_tiyn=amount_tiyn,
        )
