"""The taxonomy of 56 kinds of rule (R01 to R56), and every way in which each of them is written.

Most codes have a kind of their own, whose page is in the catalogue; the rest are written with parts
of rules and books, or by composing kinds. A test walks this table: every code is here, every
example loads and does what is said, every test and every use that is named exists.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from tengesim.rules.catalogue import KINDS, parsed
from tengesim.rules.kind_text import EVALUATE_TESTS, TEXTS, KindText
from tengesim.rules.model import Rule, RuleBook
from tengesim.rules.sentences import book_sentence, rule_sentence, sentence

__all__ = ["CODES", "WAYS", "Way", "way_sentence"]

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "R01": "Purpose or programme",
        "R02": "Goods and services of an estimate",
        "R03": "Merchant category",
        "R04": "List of allowed payees",
        "R05": "List of excluded payees",
        "R06": "Standing of the payee",
        "R07": "Region",
        "R08": "Time window",
        "R09": "Expiry",
        "R10": "Limit for one payment",
        "R11": "Limit for a period",
        "R12": "Number of payments",
        "R13": "Price against a reference",
        "R14": "Limit for what is held",
        "R15": "Eligibility of the beneficiary",
        "R16": "Presence of the beneficiary",
        "R17": "Proof of delivery",
        "R18": "Change in a register",
        "R19": "Escrow by milestones",
        "R20": "Payment by progress",
        "R21": "Advance and its offset",
        "R22": "Retention",
        "R23": "Guarantee",
        "R24": "Approval by several",
        "R25": "Separation of duties",
        "R26": "Mark for subcontractors",
        "R27": "Narrower mark",
        "R28": "Share of subcontractors",
        "R29": "Shedding of the mark",
        "R30": "Partial shedding: wages, taxes, overhead",
        "R31": "Ban on conversion",
        "R32": "Tax split",
        "R33": "Fast refund",
        "R34": "Co-payment",
        "R35": "Coupon with a minimum",
        "R36": "Reward for a verified act",
        "R37": "Pay per use",
        "R38": "Instalments on condition",
        "R39": "Clawback",
        "R40": "Refund under the mark",
        "R41": "Freeze",
        "R42": "Reservation",
        "R43": "Split among payees",
        "R44": "Schedule",
        "R45": "Delegated wallet",
        "R46": "Tier of identification",
        "R47": "Second proof of identity",
        "R48": "Biometrics",
        "R49": "Risk score",
        "R50": "Offline caps",
        "R51": "Consent",
        "R52": "Domestic content",
        "R53": "Conflict of interest",
        "R54": "Splitting of purchases",
        "R55": "Emergency override",
        "R56": "Version of the rules",
    }
)
"""Names of the codes."""

_STORIES: Final = "tests/cases/rules"
_BOUGHT: Final = "tests/cases/purchases"
_WORLDS: Final = "tests/cases/worlds"
_CONTRACT: Final = f"{_STORIES}/contract_paid_by_progress.yaml"
_CHAIN: Final = f"{_STORIES}/chain_of_subcontractors.yaml"
_FAMILY: Final = f"{_STORIES}/family_wallet.yaml"
_CONTRACTS: Final = "scenarios/shared/contracts.yaml"
_TAXED_ROADS: Final = "scenarios/shared/road_repair_vat.yaml"
_AWARDS: Final = "scenarios/procurement_year_award_rules.yaml"
_TERMS: Final = "scenarios/road_repair_terms.yaml"
_BOOKS: Final = "tests/unit/test_procurement_books.py"
_MEALS: Final = "scenarios/shared/school_meals.yaml"
# Where a kind is used, if not only in the test that shows it.
_USES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "purpose_is",
            "merchant_category_in",
            "payee_in",
            "time_window",
            "within_validity",
            "return_on_expiry",
            "amount_at_most",
            "amount_per_period_at_most",
            "count_per_period_at_most",
            "beneficiary_eligible",
            "presence_proven",
            "evidence_present",
            "sheds_mark",
            "conversion_forbidden",
            "restores_mark",
        ),
        _MEALS,
    ),
    **dict.fromkeys(
        (
            "advance_at_most",
            "approved_by",
            "depth_at_most",
            "duties_separated",
            "guarantee_at_least",
            "milestone_signed",
            "payee_in_good_standing",
            "subcontract_registered",
            "subcontracted_at_most",
            "within_progress",
        ),
        _CONTRACTS,
    ),
    "in_estimate": _CONTRACT,
    "region_in": _CHAIN,
    **dict.fromkeys(
        (
            "awards_at_most",
            "domestic_at_least",
            "payee_not_listed",
            "price_within",
            "unaffiliated",
        ),
        _AWARDS,
    ),
    **dict.fromkeys(
        ("claws_back", "offsets_advance", "releases_retention", "retains"),
        _TERMS,
    ),
    **dict.fromkeys(
        (
            "holding_at_most",
            "within_allowance",
            "tier_at_least",
            "verified_above",
            "biometrics_matched",
            "risk_at_most",
            "offline_at_most",
            "consented",
        ),
        _FAMILY,
    ),
    **dict.fromkeys(("register_changed", "refunds_if_unmet"), "scenarios/livestock.yaml"),
    "splits_on_cap": f"{_BOUGHT}/capped_price.yaml",
    "pays_instalments": f"{_BOUGHT}/instalments.yaml",
    "pays_by_meter": f"{_BOUGHT}/water.yaml",
    "copays": f"{_BOUGHT}/half_price.yaml",
    "coupon": f"{_BOUGHT}/coupon.yaml",
    "splits_among": "scenarios/car_purchase_fee.yaml",
    "reserves": "scenarios/procurement_year_award_rules.yaml",
    **dict.fromkeys(("propagates", "sheds_part", "splits_tax"), _TAXED_ROADS),
    "refunds_fast": "scenarios/road_repair_vat.yaml",
    "mints_reward": f"{_WORLDS}/voucher_reward.yaml",
    "reconciles_offline": f"{_WORLDS}/offline_reports.yaml",
    "schedules": f"{_WORLDS}/voucher_on_schedule.yaml",
    "metered": f"{_STORIES}/water_meter.yaml",
}


class Way(NamedTuple):
    """One way to write a code: with which part of a rule book, and what comes of it.

    `use` is a scenario or a story in which it stands, or the test that shows it.
    """

    text: KindText
    written: str
    use: str


def way_sentence(way: Way) -> str:
    """Return what a way demands or does, without a full stop."""
    match way.text.union:
        case "rule":
            return rule_sentence(Rule.model_validate(way.text.example))
        case "rule book":
            return book_sentence(RuleBook.model_validate(way.text.example))
        case _:
            return sentence(parsed(way.text))


def _of_kind(text: KindText) -> Way:
    return Way(text, f"`{text.kind}`", _USES.get(text.kind, text.test))


_LIMITED: Final[Mapping[str, Any]] = {
    "id": "large_sums",
    "condition": {"kind": "amount_at_most", "limit": "5 m KZT"},
    **TEXTS,
}
_OTHERS: Final = (
    Way(
        KindText(
            code="R17",
            union="composition",
            example={
                "kind": "evidence_present",
                "registers": ["act_accepted", "delivery_scanned", "invoice_matched"],
            },
            evaluated="before money is released, at every use that the rule is `on`",
            reads="the registers of acts, of scanned deliveries and way-bills, and of e-invoices"
            " (`ACT_ACCEPTED`, `DELIVERY_SCANNED`, `INVOICE_MATCHED`)",
            failing="the payment waits in the queue of the rule, if it is `on_failure: hold`",
            test=f"{EVALUATE_TESTS}::test_every_document_named_must_be_confirmed",
        ),
        "`evidence_present` with the documents of a delivery",
        _CONTRACT,
    ),
    Way(
        KindText(
            code="R27",
            union="effect",
            example={
                "kind": "propagates",
                "id": "narrower",
                "depth": 2,
                "rule_book": "subcontractors",
                **TEXTS,
            },
            evaluated="at load, where `check` compares the two books; at every payment down the"
            " chain",
            reads="both rule books",
            failing="a book that allows what the mark's own does not is refused at load, with a"
            " payment that shows it",
            test="tests/unit/test_procurement_chain_rules.py::test_below_the_narrower_book_is_asked",
        ),
        "`propagates` with a `rule_book` of its own",
        _TAXED_ROADS,
    ),
    Way(
        KindText(
            code="R55",
            union="rule",
            example={
                **_LIMITED,
                "override": {"roles": ["customer", "treasurer"], "until": "2026-04-30"},
            },
            evaluated="where the rule fails, at that moment",
            reads="the declared emergency, the signatures of all roles named"
            " (`CUSTOMER_SIGNED`, `SUPERVISOR_SIGNED`, `TREASURER_SIGNED`), and the day",
            failing="the rule does not yield; where it yields, the decision names it as overridden"
            " and whoever acts on it logs that",
            test=f"{_BOOKS}"
            "::test_a_pretended_emergency_pays_where_a_rule_yields_and_the_log_says_who_signed",
        ),
        "`override` of a rule",
        _TERMS,
    ),
    Way(
        KindText(
            code="R56",
            union="rule",
            example={**_LIMITED, "valid_from": "2026-01-01", "valid_until": "2026-06-30"},
            evaluated="at every use of the money that the rule is `on`",
            reads="the local day of the use",
            failing="outside its days the rule does not apply",
            test=f"{EVALUATE_TESTS}::test_a_rule_guards_its_operations_in_its_days",
        ),
        "`valid_from` and `valid_until` of a rule",
        f"{_STORIES}/road_repair.yaml",
    ),
    Way(
        KindText(
            code="R56",
            union="rule book",
            example={"rules": [_LIMITED], "versions": [{"issued_from": "2026-07-01"}]},
            evaluated="at every use of the money, effects and procedures included",
            reads="the local day on which the money was issued under its mark",
            failing="nothing can fail: older money keeps the version it was issued under",
            test=f"{_BOOKS}::test_money_keeps_the_book_of_the_day_on_which_it_was_issued",
        ),
        "`versions` of a rule book",
        _TERMS,
    ),
)
WAYS: Final[tuple[Way, ...]] = tuple(
    sorted(
        (*(_of_kind(text) for text in KINDS if text.union != "composition"), *_OTHERS),
        key=lambda way: way.text.code,
    )
)
"""Every way to write each code, in the order of the codes."""
