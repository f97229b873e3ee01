"""Facts that may show a difference between conditions: values on both sides of each limit.

A candidate proves nothing by itself; whoever asks lets the evaluator decide about it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice, product
from typing import Any, Final

from tengesim.codes import Evidence
from tengesim.money import BP
from tengesim.payment import NO_FACTS, Awarded, Observation
from tengesim.rules.conditions import Condition

__all__ = ["witnesses"]

_TRIED_MAX: Final = 4_096
_CONTRACT_TIYN: Final = BP * 10**8
"""Price of a contract in examples: whole shares of it are whole tiyn."""

Values = Mapping[str, Iterable[Any]]


def _of_contract(name: str, share_bp: int, amount_tiyn: int) -> Values:
    most_tiyn = _CONTRACT_TIYN // BP * share_bp
    return {
        "contract_tiyn": (_CONTRACT_TIYN,),
        name: (max(0, most_tiyn - amount_tiyn), max(0, most_tiyn - amount_tiyn + 1)),
    }


_VALUES: Final[Mapping[str, Callable[[Any, Observation], Values]]] = {
    "payee_in_good_standing": lambda _, __: {"is_payee_frozen": (False, True)},
    "region_in": lambda one, _: {"region": ("elsewhere", *one.regions)},
    "holding_at_most": lambda one, seen: {
        "balance_tiyn": (0, max(0, one.limit - seen.amount_tiyn + 1))
    },
    "within_allowance": lambda _, seen: {"allowance_tiyn": (0, seen.amount_tiyn)},
    "risk_at_most": lambda one, _: {"risk": (one.score, one.score + 1)},
    "offline_at_most": lambda one, _: {
        "offline_tiyn": (0, one.total or 0),
        "offline_payments": (0, one.payments or 0),
        "offline_days": (0, (one.days or 0) + 1),
    },
    "in_estimate": lambda one, _: {
        "commodity": ("none", *one.by_commodity),
        "units": tuple(sorted({line.units + more for line in one.lines for more in (0, 1)})),
        "unit_price_tiyn": tuple(
            sorted({line.unit_price + more for line in one.lines for more in (0, 1)})
        ),
    },
    "price_within": lambda one, _: {
        "reference_price_tiyn": (0, 1, BP),
        "unit_price_tiyn": tuple(
            (one.reference or BP) * (BP + one.above) // BP + more for more in (0, 1)
        ),
    },
    "register_changed": lambda one, _: {"register": ("", str(one.of))},
    "within_progress": lambda _, seen: {
        "contract_tiyn": (seen.amount_tiyn,),
        "progress_bp": (0, BP),
    },
    "advance_at_most": lambda one, seen: {
        "is_advance": (True, False),
        **_of_contract("advances_tiyn", one.share, seen.amount_tiyn),
    },
    "guarantee_at_least": lambda one, _: _of_contract("guarantee_tiyn", one.share, 1),
    "duties_separated": lambda _, __: {"initiator": ("one",), "approver": ("one", "other")},
    "subcontract_registered": lambda _, __: {"depth": (0, 1)},
    "depth_at_most": lambda one, _: {"depth": (one.depth, one.depth + 1)},
    "subcontracted_at_most": lambda one, seen: {
        "depth": (0, 1),
        "parent_tiyn": (_CONTRACT_TIYN,),
        "subcontracted_tiyn": tuple(
            max(0, _CONTRACT_TIYN // BP * one.share - seen.amount_tiyn + more) for more in (0, 1)
        ),
    },
    "metered": lambda one, seen: {"units": (0, -(-seen.amount_tiyn // max(1, one.rate)))},
    "domestic_at_least": lambda one, _: {"domestic_bp": (one.share, max(0, one.share - 1))},
    "awards_at_most": lambda one, seen: {
        "awards": (
            (),
            (Awarded(seen.day, max(1, one.limit - seen.amount_tiyn + 1)),),
            (Awarded(seen.day - one.days + 1, max(1, one.limit - seen.amount_tiyn + 1)),),
        )
    },
}


_FLAGS: Final[Mapping[str, Callable[[Any], int]]] = {
    "offline_at_most": lambda _: Evidence.OFFLINE.value,
    "payee_in_good_standing": lambda one: one.flags,
    "register_changed": lambda _: Evidence.REGISTER_CHANGED.value,
    "subcontract_registered": lambda _: Evidence.SUBCONTRACT_REGISTERED.value,
}
"""Evidence that conditions read beside facts."""


def witnesses(leaves: Iterable[Condition], seen: Observation) -> Iterator[Observation]:
    """Yield `seen` with facts on both sides of the limits of `leaves`, at most a few thousand."""
    values: dict[str, list[Any]] = {}
    evidence, amounts = [seen.evidence], [seen.amount_tiyn]
    for leaf in leaves:
        if leaf.kind in _FLAGS:
            flags = _FLAGS[leaf.kind](leaf)
            evidence += [one for old in evidence for one in (old | flags, old & ~flags)]
        if leaf.kind == "offline_at_most":
            amounts += [leaf.limit, leaf.limit + 1]
        if leaf.kind not in _VALUES:
            continue
        for name, some in _VALUES[leaf.kind](leaf, seen).items():
            listed = values.setdefault(name, [])
            listed.extend(one for one in some if one not in listed)
    tried = product(dict.fromkeys(evidence), dict.fromkeys(amounts), *values.values())
    for flags, amount_tiyn, *chosen in islice(tried, _TRIED_MAX):
        facts = NO_FACTS._replace(**dict(zip(values, chosen, strict=True)))
        yield seen._replace(evidence=flags, amount_tiyn=amount_tiyn, facts=facts)
