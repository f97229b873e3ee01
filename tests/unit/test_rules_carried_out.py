"""Whatever a rule book may say is carried out where the book is asked, or refused by name at load.

Goal: nothing that a scenario says is skipped in silence. Method: a walk through every place where
a rule book can be named, with every kind of effect and procedure, every option of a rule and every
use of money. What loads has to be named here with a test that shows it carried out in a run; what
is not named here has to be refused at its own path.
"""

import ast
import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tengesim import load_scenario, simulate
from tengesim.errors import Finding
from tengesim.rules.catalogue import KINDS
from tengesim.rules.kind_text import TEXTS
from tengesim.rules.terms import OperationName
from tengesim.scenario.check import check
from tengesim.scenario.model import Scenario
from tests.worlds import SMALL, only

ROOT: Final = Path(__file__).resolve().parents[2]
HERE_WORLDS: Final = ROOT / "tests/cases/worlds"
Raw = dict[str, Any]


HERE: Final = "tests/unit/test_rules_carried_out.py::test_"


class Place(NamedTuple):
    """Where a book is named: in which scenario, and which of its books stands there.

    `others` is what sections say beside a part that is tried: values by their paths, by the part.
    `words` are those of parts that are written in another way there.
    """

    scenario: str
    book: str
    others: Mapping[str, Mapping[str, Any]] = {}
    words: Mapping[str, Raw] = {}


_CASES: Final = ROOT / "tests/cases/purchases"
_NO_RETENTION: Final = {
    f"procurement.contracts.retention.{name}": "0 %" for name in ("low", "value", "high")
}
_ASKS_ABOUT_PARTS: Final = {
    f"procurement.money.exempt.{name}": False for name in ("wages", "taxes")
}
_SCORES: Final = {"value": "200 points", "low": "100 points", "high": "400 points"}
_CLAIMS: Final = {
    "procurement.contracts.refunds": {
        "claimed_after": {
            "value": "10 days",
            "low": "5 days",
            "high": "30 days",
            "source": "assumption",
        },
        **{
            name: {**_SCORES, "source": "assumption"}
            for name in ("owes_taxes", "no_payroll", "listed")
        },
    }
}
_OF_TAXES: Final = {"splits_tax": _CLAIMS, "refunds_fast": _CLAIMS}
_OF_RELEASES: Final[Mapping[str, Mapping[str, Any]]] = {
    **_OF_TAXES,
    "retains": _NO_RETENTION,
    "releases_retention": _NO_RETENTION,
}
_OF_ACCOUNTS: Final[Mapping[str, Mapping[str, Any]]] = {
    **_OF_TAXES,
    "sheds_part": _ASKS_ABOUT_PARTS,
}
_RATE: Final = {"low": "0 %", "high": "50 %", "source": "assumption"}
_OF_VOUCHERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "schedules": {"vouchers.food_voucher.given_at": None},
    "mints_reward": {
        "vouchers.food_voucher.per_member": None,
        "vouchers.food_voucher.marked.issue_at": None,
        "vouchers.food_voucher.reward": {
            "acts": {"value": 9, "low": 1, "high": 20, "source": "assumption"},
            "missed": {"value": "10 %", **_RATE},
            "mistaken": {"value": "5 %", **_RATE},
        },
    },
}
_OF_MARKS: Final = {
    **_OF_ACCOUNTS,
    "propagates": {"procurement.money.mark_scope": "propagated"},
}
_SAVINGS: Final = {
    "purchases.livestock.own_money": {
        "savings": {
            "value": "3 m KZT",
            "low": "1 m KZT",
            "high": "5 m KZT",
            "source": "assumption",
        },
        "spread": {"value": "50 %", "low": "0 %", "high": "100 %", "source": "assumption"},
    }
}
_OF_LOANS: Final = dict.fromkeys(("splits_on_cap", "copays", "coupon"), _SAVINGS)
PLACES: Final = {
    "mark of a voucher": Place("food_voucher", "food_voucher", _OF_VOUCHERS),
    "programme in marked money": Place("school_meals", "meals_marked"),
    "programme in ordinary money": Place("school_meals_social_wallet", "meals_voucher"),
    "programme on reports": Place("school_meals_headcount", "meals_report"),
    "offline devices": Place(f"{HERE_WORLDS}/offline_reports.yaml", "devices"),
    "purchases by marked loans": Place("livestock", "livestock_marked", _OF_LOANS),
    "purchases by loans": Place("livestock_register", "on_register"),
    "purchases by deposits": Place("car_purchase_escrow", "on_register"),
    "purchases by wallets": Place("car_purchase", "on_register"),
    "purchases on instalments": Place(
        f"{_CASES}/instalments.yaml",
        "livestock_marked",
        words={
            "pays_instalments": {
                "amount": "2 m KZT",
                "condition": {"kind": "register_changed", "of": "livestock"},
            }
        },
    ),
    "supplies by the meter": Place(f"{_CASES}/water.yaml", "by_meter"),
    "releases of contracts": Place("road_repair", "treasury_digital", _OF_RELEASES),
    "accounts in marked money": Place("road_repair", "contract_mark", _OF_MARKS),
    "accounts at the Treasury": Place("road_repair_control", "controlled_account", _OF_ACCOUNTS),
    "awards of tenders": Place("procurement_year_award_rules", "awards"),
}
OPTIONS: Final = ("hold", "override", "versions")
# Examples of the catalogue that name somebody, as these places would write them.
_WORDED: Final[Mapping[str, Raw]] = {
    "splits_among": {
        "shares": [
            {"payee": "seller", "share": "99 %"},
            {"payee": "treasury", "share": "1 %"},
        ]
    },
    # What was not reported within five days has returned to its purse there.
    "reconciles_offline": {"within": "1 days"},
}
# What says the same in other words, and makes way for a part that is tried.
_INSTEAD: Final = {"reserves": "refunds_if_unmet"}
# What a part needs beside it.
_WITH: Final = {
    "retains": "releases_retention",
    "releases_retention": "retains",
    "splits_tax": "refunds_fast",
    "refunds_fast": "splits_tax",
}

_MEALS: Final = "tests/unit/test_institutions_marked.py::test_"
_VOUCHERS: Final = "tests/unit/test_institutions_vouchers.py::test_"
_GRANTS: Final = "tests/unit/test_voucher_rules.py::test_"
_BOUGHT: Final = "tests/unit/test_purchase_rules.py::test_"
_SALES: Final = "tests/unit/test_institutions_purchases.py::test_"
_FEE: Final = f"{_BOUGHT}the_fee_of_the_register_is_paid_out_of_the_price"
_ASKED: Final = f"{HERE}a_rule_changes_what_it_guards"
_SHARED: Final = (
    "tests/unit/test_purchase_shares.py"
    "::test_a_price_is_shared_to_the_tiyn_or_nothing_of_it_is_paid"
)
_METERS: Final = "tests/unit/test_supplies.py::test_"
_BY_PARTS: Final = (
    "tests/unit/test_purchase_instalments.py::test_every_instalment_is_paid_suspended_or_stopped"
)
_PURCHASES: Final = {
    "hold": f"{_BOUGHT}money_on_hold_is_paid_in_time_or_goes_back",
    "pay": _ASKED,
    "refunds_if_unmet": f"{_BOUGHT}money_on_hold_is_paid_in_time_or_goes_back",
    "reserves": f"{_BOUGHT}a_price_set_aside_is_paid_or_let_go",
    "versions": f"{_BOUGHT}a_deal_keeps_the_rules_of_the_day_on_which_it_was_agreed",
}
_BOOKS: Final = "tests/unit/test_procurement_books.py::test_"
_CHAINS: Final = "tests/unit/test_procurement_chain_rules.py::test_"
_TAXES: Final = "tests/unit/test_procurement_tax.py::test_"
_CONTRACTS: Final = {
    "claws_back": f"{_BOOKS}what_is_taken_back_and_what_stays_owed_add_up",
    "freezes": "tests/unit/test_procurement_freezing.py"
    "::test_a_frozen_supplier_pays_nothing_and_nothing_is_lost",
    "pay": _ASKED,
    "refunds_fast": f"{_TAXES}claims_are_refunded_in_business_days_or_in_ninety",
    "splits_tax": f"{_TAXES}the_tax_in_every_price_leaves_in_the_payment_to_the_tiyn",
    "versions": f"{_BOOKS}money_keeps_the_book_of_the_day_on_which_it_was_issued",
}
_BELOW: Final = {
    **_CONTRACTS,
    "sheds_part": f"{_CHAINS}wages_are_freed_up_to_their_share_and_the_rest_is_asked",
}
CARRIED_OUT: Final[Mapping[str, Mapping[str, str]]] = {
    "mark of a voucher": {
        "return_on_expiry": f"{_VOUCHERS}what_is_unused_returns_when_the_month_ends",
        "restores_mark": "tests/unit/test_refunds.py"
        "::test_marked_money_comes_back_under_its_mark_until_it_has_expired",
        "distribute": f"{_VOUCHERS}a_rule_can_refuse_giving_out",
        "pay": f"{_VOUCHERS}vouchers_pay_food_and_nothing_else",
        "mints_reward": f"{_GRANTS}verified_acts_earn_money_up_to_the_limit",
        "schedules": f"{_GRANTS}what_fails_on_the_day_is_tried_again",
        "versions": f"{_VOUCHERS}old_money_keeps_its_rules_and_new_money_has_new_ones",
    },
    "programme in marked money": {
        "return_on_expiry": f"{_MEALS}the_sweep_empties_every_purse_when_the_mark_ends",
        "sheds_mark": f"{_MEALS}money_stays_marked_until_both_papers_are_there",
        "restores_mark": f"{_MEALS}without_the_effect_a_refund_after_shedding_is_free_money",
        "distribute": _ASKED,
        "pay": _ASKED,
        "convert": f"{_MEALS}without_the_rule_a_conversion_makes_the_money_free",
        "versions": f"{_MEALS}the_version_of_the_days_of_issue_decides_and_no_other",
    },
    "offline devices": {
        "reconciles_offline": "tests/unit/test_offline_reports.py"
        "::test_what_is_spent_twice_is_covered_or_owed_to_the_tiyn",
    },
    "programme in ordinary money": {"pay": _ASKED},
    "programme on reports": {"pay": _ASKED},
    "purchases by marked loans": {
        **_PURCHASES,
        "copays": _SHARED,
        "coupon": _SHARED,
        "splits_among": _FEE,
        "splits_on_cap": _SHARED,
        "return_on_expiry": f"{_SALES}a_loan_that_comes_back_is_swapped_into_the_single_account",
        "convert": f"{_SALES}a_mark_without_its_ban_lets_the_loan_go",
    },
    "purchases by loans": _PURCHASES,
    "purchases on instalments": {
        "convert": _ASKED,
        "pay": _ASKED,
        "pays_instalments": _BY_PARTS,
        "return_on_expiry": "tests/unit/test_purchase_instalments.py"
        "::test_what_a_mark_has_left_when_it_expires_is_no_instalment",
        "versions": "tests/unit/test_purchase_instalments.py"
        "::test_a_sale_keeps_the_way_of_paying_of_its_day",
    },
    "purchases by deposits": _PURCHASES,
    "purchases by wallets": {**_PURCHASES, "splits_among": _FEE},
    "supplies by the meter": {
        "convert": _ASKED,
        "pay": _ASKED,
        "pays_by_meter": f"{_METERS}each_reading_is_paid_in_whole_units_until_the_money_ends",
        "return_on_expiry": f"{_METERS}what_the_mark_has_left_when_it_expires_goes_back",
        "versions": f"{_METERS}a_connection_keeps_the_rate_of_the_day_of_its_money",
    },
    "releases of contracts": {
        **_CONTRACTS,
        "distribute": _ASKED,
        "offsets_advance": f"{_BOOKS}acts_pay_back_the_advance_by_the_share_of_the_book",
        "override": f"{_BOOKS}a_true_emergency_pays_the_honest_on_the_day",
        "releases_retention": f"{_BOOKS}what_was_kept_is_let_go_after_the_time_of_the_book",
        "retains": f"{_BOOKS}a_share_kept_by_the_book_is_the_share_kept_by_the_contract",
    },
    "accounts in marked money": {
        **_BELOW,
        "convert": "tests/unit/test_procurement_contracts.py"
        "::test_a_shell_company_keeps_nothing_where_marks_reach_it",
        "propagates": f"{_CHAINS}a_mark_goes_as_deep_as_its_book_says",
        "sheds_mark": "tests/unit/test_procurement_contracts.py"
        "::test_marked_money_ends_unmarked_spent_or_returned",
    },
    "accounts at the Treasury": _BELOW,
    "awards of tenders": {
        "award": _ASKED,
        "reserves": "tests/engine/test_procurement_award_rules.py"
        "::test_money_that_was_set_aside_is_there_when_a_contract_is_signed",
    },
}
"""By place, what a book may say there, each with a test that shows it in a run."""
PARTS: Final = {text.kind: text for text in KINDS if text.union in {"effect", "procedure"}}
WALK: Final = [
    (place, what) for place in PLACES for what in (*sorted(PARTS), *OPTIONS, *OperationName)
]


@cache
def sections(scenario: str, settings: tuple[str, ...] = ()) -> Raw:
    """Return a shipped scenario as JSON; whoever changes it takes a copy."""
    raw: Raw = json.loads(load_scenario(scenario, settings=settings).model_dump_json(by_alias=True))
    return raw


def example(kind: str, place: Place) -> Raw:
    """Return a part as the catalogue writes it, with names of these scenarios."""
    words = {**_WORDED.get(kind, {}), **place.words.get(kind, {})}
    return {**json.loads(json.dumps(dict(PARTS[kind].example))), **words}


def put(raw: Raw, path: str, value: object) -> None:
    """Set the value at a dotted path of a scenario."""
    *sections_above, last = path.split(".")
    for name in sections_above:
        raw = raw[name]
    raw[last] = value


def tried(place: Place, what: str) -> tuple[Raw, str]:
    """Return the scenario of a place with `what` in its book, and the path where it stands."""
    raw = deepcopy(sections(place.scenario))
    for other, value in place.others.get(what, {}).items():
        put(raw, other, value)
    book, path = raw["rule_books"][place.book], f"rule_books.{place.book}"
    if what in PARTS:
        listed, beside = f"{PARTS[what].union}s", _WITH.get(what)
        away = (what, beside, _INSTEAD.get(what))
        for key in ("effects", "procedures"):
            book[key] = [one for one in book[key] if one["kind"] not in away]
        if beside is not None:
            book[f"{PARTS[beside].union}s"].append(example(beside, place))
        book[listed].append(example(what, place))
        return raw, f"{path}.{listed}.{len(book[listed]) - 1}"
    if what == "versions":
        book["versions"] = [{**deepcopy(book), "issued_from": "2026-04-06"}]
        return raw, f"{path}.versions"
    rule: Raw = {
        "id": "tried",
        "condition": {"kind": "amount_at_most", "limit": "20 m KZT"},
        **TEXTS,
    }
    book["rules"].append(rule)
    path = f"{path}.rules.{len(book['rules']) - 1}"
    if what == "hold":
        rule |= {"on_failure": "hold", "queue": "somebody"}
        return raw, f"{path}.queue"
    if what == "override":
        rule["override"] = {"roles": ["customer", "treasurer"], "until": "2026-12-30"}
        return raw, f"{path}.override"
    rule["on"] = [what]
    return raw, f"{path}.on.0"


def findings(raw: Raw) -> list[tuple[str, Finding]]:
    """Return what the checks find about a scenario."""
    return check(Scenario.model_validate(raw, strict=False))


@pytest.mark.parametrize(("name", "what"), WALK)
def test_what_a_book_says_is_carried_out_or_refused(name: str, what: str) -> None:
    """Exactly what is in the table loads; all else is refused where it stands."""
    raw, path = tried(PLACES[name], what)
    found = findings(raw)
    if what in CARRIED_OUT[name]:
        # A limit that another rule sets already is no matter here.
        rule = path.removesuffix(".on.0")
        known = (rule, f"{rule}.condition.limit") if rule != path else ()
        assert [at for at, _ in found if at not in known] == []
        return
    here = {finding.code for at, finding in found if at == path}
    assert here & {"RULE_UNUSED", "RANGE"}


def test_the_table_names_tests_that_exist() -> None:
    """Goal: each entry is proved. Method: the function is looked up in its file."""
    assert set(CARRIED_OUT) == set(PLACES)
    for test in {test for place in CARRIED_OUT.values() for test in place.values()}:
        file, name = test.split("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body)


GUARDED: Final = [
    (name, what)
    for name, served in CARRIED_OUT.items()
    for what, test in served.items()
    if test == _ASKED
]


@pytest.mark.parametrize(("name", "what"), GUARDED)
def test_a_rule_changes_what_it_guards(name: str, what: str) -> None:
    """Goal: the use is asked about. Method: a limit below every sum changes the digest of a run."""
    place = PLACES[name]
    free = deepcopy(small_sections(place.scenario))
    bound = deepcopy(free)
    # A rule that forbids the use anyhow would leave nothing to change.
    for raw in (free, bound):
        book = raw["rule_books"][place.book]
        book["rules"] = [rule for rule in book["rules"] if rule["on"] != [what] or what == "pay"]
    bound["rule_books"][place.book]["rules"].append(
        {
            "id": "nothing",
            "on": [what],
            "condition": {"kind": "amount_at_most", "limit": "0.01 KZT"},
            **TEXTS,
        }
    )
    one, other = (
        simulate(Scenario.model_validate(raw, strict=False), seed=1) for raw in (free, bound)
    )
    assert one.digest != other.digest
    assert "nothing" in set(other.events["rule"].astype(str)) or what == "distribute"


@cache
def small_sections(scenario: str) -> Raw:
    """Return a shipped scenario of few people or purchases as JSON."""
    few = SMALL if scenario.startswith("school_meals") else ()
    if scenario.startswith("procurement_year"):
        few = ("population.scale=0.01",)
    if scenario.startswith("car"):
        few = (*only("purchases.cars.deals", "20"), *only("purchases.cars.sellers", "5"))
    return sections(scenario, few)
