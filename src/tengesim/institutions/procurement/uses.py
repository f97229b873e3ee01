"""What a firm of a chain pays for itself, with which documents, and when registers show them.

Registers are late or wrong for the honest too, by words of the contract that no arm changes.
"""

from typing import Final, NamedTuple

from tengesim.codes import Evidence, Kind, TrueLabel
from tengesim.institutions.procurement.chain import Division, Link
from tengesim.institutions.procurement.contract_model import DocumentsSection
from tengesim.institutions.procurement.desk import Contract, Desk
from tengesim.institutions.procurement.money import Payee
from tengesim.institutions.procurement.parts import Parts
from tengesim.institutions.procurement.tax import Price
from tengesim.rules.terms import PartUse
from tengesim.streams import below_one, chance_one, further_one

__all__ = [
    "MATCHED",
    "OF_ACT",
    "OF_WORK",
    "Part",
    "Use",
    "papers_of_arm",
    "uses_of",
    "wait_days_of",
]

MATCHED: Final = Evidence.PAYEE_CONTRACTED.value | Evidence.INVOICE_MATCHED.value
_OF_VENDOR: Final = MATCHED | Evidence.PAYEE_TAX_CLEAR.value | Evidence.PAYEE_VAT_REGISTERED.value
OF_ACT: Final = Evidence.ACT_ACCEPTED.value | Evidence.INVOICE_MATCHED.value
OF_WORK: Final = (
    OF_ACT
    | Evidence.PAYEE_CONTRACTED.value
    | Evidence.CUSTOMER_SIGNED.value
    | Evidence.SUPERVISOR_SIGNED.value
    | Evidence.DELIVERY_SCANNED.value
    | Evidence.PAYROLL_MATCHED.value
)


class Part(NamedTuple):
    """An amount that a firm of the chain was paid, and for what."""

    stage: str
    """`act-3`, or `advance-3` for the part of an advance that stage 3 uses."""
    amount_tiyn: int
    offset_tiyn: int
    """What an advance paid for before, and this act offsets."""
    vat_bp: int
    is_earned: bool
    """Whether work was accepted for it."""
    is_unmarked: bool = False
    """Whether it was paid without the mark that money of the firm bears otherwise."""
    turnover_us: int = 0
    """When the act was accepted that it is paid for; 0 for an advance."""
    is_split: bool = False
    """Whether the tax in it left the firm in the payment."""
    split_tiyn: int = 0
    """That tax."""


class Use(NamedTuple):
    """A payment that a firm of the chain wants to make."""

    kind: Kind
    intent: str
    amount_tiyn: int
    payee: Payee
    evidence: int
    label: TrueLabel = TrueLabel.HONEST
    child: Link | None = None
    is_exempt: bool = False
    part: PartUse | None = None
    """For which part of its work a firm pays so."""
    rule: str = ""
    """By which rule nobody is asked about it."""
    missing: int = 0
    """What of the evidence registers do not show at first."""
    wait_days: int = 0
    """After how many days they do."""
    taxed_tiyn: int = 0
    """What the tax in the price is within."""
    turnover_us: int = 0
    is_credited: bool = False
    """Whether the payer claims the tax that it pays so."""

    @property
    def price(self) -> Price:
        """Return what tax is asked of."""
        return Price(
            self.intent,
            self.amount_tiyn,
            self.taxed_tiyn,
            self.turnover_us,
            self.payee,
            self.child,
            self.label,
        )


def papers_of_arm(desk: Desk) -> DocumentsSection:
    """Return what is stated of the documents of this arm."""
    return desk.section.digital if desk.money.is_digital else desk.section.paper


def wait_days_of(desk: Desk, contract: Contract, what: str, late_bp: int) -> int:
    """Return in how many days a document is right that is not at first; 0 where it is."""
    word = further_one(contract.word, what)
    if not chance_one(word, late_bp):
        return 0
    return 1 + below_one(further_one(word, "wait"), papers_of_arm(desk).longest_wait.value)


def uses_of(
    parts: Parts, contract: Contract, link: Link, part: Part, division: Division
) -> list[Use]:
    """Return what a firm itself pays for: materials, wages, taxes."""
    desk, firm = parts.desk, link.firm
    exempt = desk.money.exempt
    stem, papers = f"{link.id}/{part.stage}", papers_of_arm(desk)
    wait_days = wait_days_of(desk, contract, f"{stem}/materials", papers.late_invoice.value)
    payroll = Evidence.PAYROLL_MATCHED.value
    # Where wages are freed on the payroll register, its errors hold them up.
    payroll_days, filed = 0, 0
    if parts.effect(contract, link) is not None:
        error_bp = papers.register_error.value
        payroll_days = wait_days_of(desk, contract, f"{stem}/wages", error_bp)
        filed = payroll | Evidence.INVOICE_MATCHED.value
    uses = (
        Use(
            Kind.SUBPAYMENT,
            f"{stem}/materials",
            division.materials_tiyn,
            Payee(f"vendor-{firm.region}", firm.bank),
            _OF_VENDOR,
            missing=MATCHED if wait_days else 0,
            wait_days=wait_days,
            taxed_tiyn=division.materials_tiyn + division.materials_before_tiyn,
            turnover_us=part.turnover_us,
            is_credited=part.is_split,
        ),
        Use(
            Kind.WAGE,
            f"{stem}/wages",
            division.wages_tiyn,
            Payee(f"workers-{firm.region}", firm.bank),
            payroll,
            is_exempt=exempt.wages,
            part=PartUse.WAGES,
            missing=payroll if payroll_days else 0,
            wait_days=payroll_days,
        ),
        Use(
            Kind.TAX,
            f"{stem}/tax",
            division.tax_tiyn,
            Payee(desk.accounts.treasury, firm.bank),
            filed,
            is_exempt=exempt.taxes,
            part=PartUse.TAXES,
        ),
    )
    return [use for use in uses if use.amount_tiyn]
