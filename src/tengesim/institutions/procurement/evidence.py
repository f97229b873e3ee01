"""What can be seen of a contract: measures, signatures, invoices, scans and answers of registers.

Whether a document is late is decided by one word per document, which every arm shares: an arm that
has fewer late documents has the same ones late, or some of them. What is really built is never read
here but by the supervisor's measure, and the measure has an error.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from tengesim.clock import DAY_US
from tengesim.codes import Evidence
from tengesim.institutions.procurement.contract_model import DocumentsSection, SupervisionSection
from tengesim.institutions.procurement.works import Firm
from tengesim.money import BP
from tengesim.streams import Streams, below_one, chance_one, further_one

__all__ = ["NEVER_US", "Luck", "Papers", "measure", "papers_of", "standing_of"]

NEVER_US: Final = 1 << 62
"""When a document comes that never comes."""


class Luck:
    """Words of one contract, told apart by its name: cheaper than a generator for each."""

    __slots__ = ("_key",)

    def __init__(self, streams: Streams, name: str) -> None:
        """Take the key of the stream `name`."""
        self._key = streams.key(name)[0]

    def of(self, contract: str) -> int:
        """Return the word that everything about a contract is derived from."""
        digest = hashlib.blake2b(contract.encode(), digest_size=8).digest()
        return further_one(int.from_bytes(digest, "little") ^ self._key, "contract")


@dataclass(slots=True)
class Papers:
    """When the documents of one act are there, in simulated time."""

    customer_us: int
    supervisor_us: int
    treasurer_us: int
    invoice_us: int
    scan_us: int
    register_us: int

    def flags(self, time_us: int) -> int:
        """Return what can be seen at a moment."""
        accepted = self.customer_us <= time_us and self.supervisor_us <= time_us
        return (
            (self.customer_us <= time_us) * Evidence.CUSTOMER_SIGNED.value
            | (self.supervisor_us <= time_us) * Evidence.SUPERVISOR_SIGNED.value
            | (self.supervisor_us <= time_us) * Evidence.NO_DEFECTS.value
            | (self.treasurer_us <= time_us) * Evidence.TREASURER_SIGNED.value
            | accepted * Evidence.ACT_ACCEPTED.value
            | (self.invoice_us <= time_us) * Evidence.INVOICE_MATCHED.value
            | (self.scan_us <= time_us) * Evidence.DELIVERY_SCANNED.value
        )

    def coming_us(self, time_us: int) -> list[int]:
        """Return when documents come that are not there yet, as far as they come at all."""
        every = (
            self.customer_us,
            self.supervisor_us,
            self.treasurer_us,
            self.invoice_us,
            self.scan_us,
            self.register_us,
        )
        return [one for one in every if time_us < one < NEVER_US]


def papers_of(
    section: DocumentsSection, word: int, accepted_us: int, *, is_digital: bool, owes_tax: bool
) -> Papers:
    """Return when the documents of an act that is handed in at `accepted_us` are there.

    Whoever owes taxes pays them when it wants to be paid, and the register knows at last.
    """

    def when(purpose: str, late_bp: int) -> int:
        drawn = further_one(word, purpose)
        if not chance_one(drawn, late_bp):
            return accepted_us
        wait = further_one(drawn, "wait")
        return accepted_us + (1 + below_one(wait, section.longest_wait.value)) * DAY_US

    signature_bp = section.late_signature.value
    cleared_us = accepted_us + section.longest_wait.value * DAY_US
    return Papers(
        customer_us=when("customer", signature_bp),
        supervisor_us=when("supervisor", signature_bp),
        treasurer_us=when("treasurer", signature_bp),
        invoice_us=when("invoice", section.late_invoice.value),
        scan_us=when("scan", section.no_scan.value) if is_digital else NEVER_US,
        register_us=cleared_us if owes_tax else when("register", section.register_error.value),
    )


def standing_of(firm: Firm, buyer: str, *, is_clear: bool) -> int:
    """Return what registers answer about a payee, whom the tax register calls clear or not."""
    is_affiliated = firm.group == buyer and firm.is_group_registered
    return (
        is_clear * Evidence.PAYEE_TAX_CLEAR.value
        | firm.is_vat_payer * Evidence.PAYEE_VAT_REGISTERED.value
        | firm.is_listed * Evidence.PAYEE_LISTED.value
        | is_affiliated * Evidence.PAYEE_AFFILIATED.value
    )


def measure(section: SupervisionSection, word: int, *, stage_bp: int, done_bp: int) -> int:
    """Return what the supervisor measures of a stage, in basis points of the contract.

    The error is of the stage, as likely up as down.
    """
    error_bp = section.error.value
    off_bp = below_one(word, 2 * error_bp + 1) - error_bp
    return max(0, done_bp + stage_bp * off_bp // BP)
