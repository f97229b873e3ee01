"""The ways to cheat in public procurement, what each leaves behind, and who looks where.

Both tables are data: what a control can stop follows from the traces that a scheme leaves and the
traces that the control looks at, so a structural zero is a cell without a common trace and cannot
be made to work by a parameter. docs/typologies.md is made from them.
"""

from collections.abc import Iterator
from enum import IntFlag, StrEnum
from typing import Final, NamedTuple

from tengesim.codes import TrueLabel

__all__ = [
    "ALTERNATIVES",
    "CONTROLS",
    "SCHEMES",
    "Alternative",
    "Channel",
    "ControlName",
    "Looking",
    "Scheme",
    "Stage",
    "Trace",
    "can_stop",
    "label_of",
    "typologies_page",
]


class Trace(IntFlag):
    """What somebody finds who looks in the right place.

    `WORK_UNSIGNED` misses a true signature; `WORK_ABSENT` is seen on site only; `NO_TRADE` is a
    firm that pays no wages, taxes or goods out of what it gets; `PRIVATE_MONEY` changes hands when
    it belongs to the supplier already.
    """

    NONE = 0
    WORK_UNSIGNED = 1
    WORK_ABSENT = 2
    PRICE_ABOVE = 4
    PRICE_RAISED = 8
    MONEY_OUTSIDE = 16
    NO_TRADE = 32
    PRIVATE_MONEY = 64
    LOTS_ALIKE = 128
    AFFILIATION = 256
    BIDS_ALIKE = 512
    NARROW_WORDING = 1024
    CONDITIONS_BENT = 2048
    OVERRIDE_UNGROUNDED = 4096


class Channel(StrEnum):
    """What a circle that would cheat may do, honesty and ways outside the contract included."""

    HONEST = "honest"
    CASH = "cash"
    UNLICENSED_CRYPTO = "unlicensed_crypto"
    FICTITIOUS_ACT = "fictitious_act"
    OVERPRICING = "overpricing"
    DIVERTED_ADVANCE = "diverted_advance"
    SHELL_SUBCONTRACTOR = "shell_subcontractor"
    KICKBACK = "kickback"
    SPLIT_CONTRACT = "split_contract"
    RELATED_PARTY = "related_party"
    PRICE_GROWTH = "price_growth"
    BID_RIGGING = "bid_rigging"
    TAILORED_SPECIFICATION = "tailored_specification"
    CAPTURED_OWNER = "captured_owner"
    OVERRIDE_ABUSE = "override_abuse"
    COLLUDING_SUPERVISOR = "colluding_supervisor"


class ControlName(StrEnum):
    """Who could stop or find a scheme; the first seven are rules, the others are people."""

    DIGITAL_DOCUMENTS = "digital_documents"
    ACCOUNT_CONTROL = "account_control"
    MARKING = "marking"
    PAYEE_REGISTERS = "payee_registers"
    PRICE_CAP = "price_cap"
    CONFLICT_CHECK = "conflict_check"
    ANTI_SPLITTING = "anti_splitting"
    DESK_CONTROL = "desk_control"
    SUPERVISION = "supervision"
    COMPLAINTS = "complaints"
    AUDIT = "audit"
    RISK_AUDIT = "risk_audit"


class Stage(StrEnum):
    """When a scheme is carried out."""

    LOT = "lot"
    CONTRACT = "contract"


class Scheme(NamedTuple):
    """One typology in words, and the traces that it leaves."""

    who: str
    attempt: str
    cost: str
    stage: Stage
    leaves: Trace


class Alternative(NamedTuple):
    """What else a circle may do, at no loss to the budget line."""

    who: str
    attempt: str
    cost: str


class Looking(NamedTuple):
    """One control in words, and the traces it can see."""

    acts: str
    rules: str
    sees: Trace


_FINE: Final = "fine and lost gain if found"

SCHEMES: Final[dict[Channel, Scheme]] = {
    Channel.FICTITIOUS_ACT: Scheme(
        "supplier, with the customer's signature",
        "an act for work that was not done",
        _FINE,
        Stage.CONTRACT,
        Trace.WORK_UNSIGNED | Trace.WORK_ABSENT,
    ),
    Channel.OVERPRICING: Scheme(
        "customer's official and supplier",
        "quantities or prices of the estimate are inflated before the tender",
        _FINE,
        Stage.LOT,
        Trace.PRICE_ABOVE,
    ),
    Channel.DIVERTED_ADVANCE: Scheme(
        "supplier",
        "part of the advance is paid to somebody outside the contract",
        _FINE,
        Stage.CONTRACT,
        Trace.MONEY_OUTSIDE,
    ),
    Channel.SHELL_SUBCONTRACTOR: Scheme(
        "supplier",
        "a subcontractor that does nothing is paid for a part of the work",
        f"{_FINE}; upkeep of the shell",
        Stage.CONTRACT,
        Trace.NO_TRADE,
    ),
    Channel.KICKBACK: Scheme(
        "supplier and customer's official",
        "a bribe out of money that is the supplier's own by then",
        _FINE,
        Stage.CONTRACT,
        Trace.PRIVATE_MONEY,
    ),
    Channel.SPLIT_CONTRACT: Scheme(
        "customer's official",
        "one need becomes several direct contracts below the threshold",
        _FINE,
        Stage.LOT,
        Trace.LOTS_ALIKE,
    ),
    Channel.RELATED_PARTY: Scheme(
        "customer's official",
        "the contract goes to a firm of a relative",
        _FINE,
        Stage.LOT,
        Trace.AFFILIATION,
    ),
    Channel.PRICE_GROWTH: Scheme(
        "supplier and customer's official",
        "the price is raised by an amendment after the award",
        _FINE,
        Stage.CONTRACT,
        Trace.PRICE_RAISED,
    ),
    Channel.BID_RIGGING: Scheme(
        "bidders",
        "who wins, and at which price, is agreed before the tender",
        f"{_FINE}; the others' share",
        Stage.LOT,
        Trace.BIDS_ALIKE,
    ),
    Channel.TAILORED_SPECIFICATION: Scheme(
        "customer's official",
        "the specification fits one bidder",
        _FINE,
        Stage.LOT,
        Trace.NARROW_WORDING,
    ),
    Channel.CAPTURED_OWNER: Scheme(
        "official of the owner of the funds",
        "who sets the mark's conditions sets them so that they stop nothing",
        _FINE,
        Stage.LOT,
        Trace.CONDITIONS_BENT,
    ),
    Channel.OVERRIDE_ABUSE: Scheme(
        "customer's official with the right to override",
        "an emergency is invoked to pay what the rules refuse",
        _FINE,
        Stage.CONTRACT,
        Trace.OVERRIDE_UNGROUNDED,
    ),
    Channel.COLLUDING_SUPERVISOR: Scheme(
        "supplier and technical supervisor",
        "volumes are signed by the supervisor that are not there",
        f"{_FINE}; the supervisor's share",
        Stage.CONTRACT,
        Trace.WORK_ABSENT,
    ),
}
"""Every typology; a fictitious act whose supervisor colludes leaves what collusion leaves."""

ALTERNATIVES: Final[dict[Channel, Alternative]] = {
    Channel.HONEST: Alternative("the circle", "nothing; the contract is kept", "the gain forgone"),
    Channel.CASH: Alternative(
        "supplier", "workers are paid in cash off the books; the work is done", "tax audit"
    ),
    Channel.UNLICENSED_CRYPTO: Alternative(
        "supplier", "profit leaves through an unlicensed exchange; the work is done", "arrest"
    ),
}

CONTROLS: Final[dict[ControlName, Looking]] = {
    ControlName.DIGITAL_DOCUMENTS: Looking(
        "before an act is paid", "R17, R24, R29", Trace.WORK_UNSIGNED
    ),
    ControlName.ACCOUNT_CONTROL: Looking(
        "before money leaves the Treasury's account",
        "R04, R20, R21, R30",
        Trace.WORK_UNSIGNED | Trace.MONEY_OUTSIDE,
    ),
    ControlName.MARKING: Looking(
        "at every payment while the mark is on",
        "R04, R26, R27, R31",
        Trace.MONEY_OUTSIDE | Trace.NO_TRADE,
    ),
    ControlName.PAYEE_REGISTERS: Looking("before a payment", "R05, R06", Trace.NO_TRADE),
    ControlName.PRICE_CAP: Looking("before a payment", "R13", Trace.PRICE_ABOVE),
    ControlName.CONFLICT_CHECK: Looking("before a payment", "R53", Trace.AFFILIATION),
    ControlName.ANTI_SPLITTING: Looking("at the award", "R54", Trace.LOTS_ALIKE),
    ControlName.DESK_CONTROL: Looking(
        "on documents, at announcement, amendment and payment",
        "",
        Trace.PRICE_ABOVE | Trace.PRICE_RAISED | Trace.LOTS_ALIKE | Trace.NARROW_WORDING,
    ),
    ControlName.SUPERVISION: Looking("on site, at every milestone", "R19", Trace.WORK_UNSIGNED),
    ControlName.COMPLAINTS: Looking(
        "after the award, by losers and citizens",
        "",
        Trace.NARROW_WORDING | Trace.BIDS_ALIKE | Trace.AFFILIATION,
    ),
    ControlName.AUDIT: Looking(
        "on site and in books, after payment, on a sample",
        "",
        Trace.WORK_UNSIGNED
        | Trace.WORK_ABSENT
        | Trace.PRICE_ABOVE
        | Trace.PRICE_RAISED
        | Trace.MONEY_OUTSIDE
        | Trace.NO_TRADE
        | Trace.LOTS_ALIKE
        | Trace.AFFILIATION
        | Trace.CONDITIONS_BENT
        | Trace.OVERRIDE_UNGROUNDED,
    ),
    ControlName.RISK_AUDIT: Looking(
        "as audit, where red flags add up",
        "",
        Trace.WORK_UNSIGNED
        | Trace.WORK_ABSENT
        | Trace.PRICE_ABOVE
        | Trace.PRICE_RAISED
        | Trace.MONEY_OUTSIDE
        | Trace.NO_TRADE
        | Trace.LOTS_ALIKE
        | Trace.AFFILIATION
        | Trace.BIDS_ALIKE
        | Trace.NARROW_WORDING
        | Trace.CONDITIONS_BENT
        | Trace.OVERRIDE_UNGROUNDED,
    ),
}


def can_stop(control: ControlName, channel: Channel) -> bool:
    """Return whether a scheme leaves anything that the control looks at.

    >>> can_stop(ControlName.MARKING, Channel.DIVERTED_ADVANCE)
    True
    >>> can_stop(ControlName.MARKING, Channel.OVERPRICING)
    False
    """
    scheme = SCHEMES.get(channel)
    return scheme is not None and bool(scheme.leaves & CONTROLS[control].sees)


def label_of(channel: Channel) -> TrueLabel:
    """Return the label of what is paid in a scheme; what costs the public nothing is honest."""
    return TrueLabel[channel.name] if channel in SCHEMES else TrueLabel.HONEST


_HEAD: Final = """\
# Ways to cheat, and what stops them

This page is made from the tables in `src/tengesim/institutions/procurement/typologies.py`; it is
not written by hand. A control can stop or find a scheme only where the scheme leaves a trace that
the control looks at. A cell with 0 is a structural zero: no parameter makes that control see that
scheme. Marking follows money; it sees neither price nor collusion.

## Who does what

| typology | who | attempt | cost | leaves | stopped or found by |
| --- | --- | --- | --- | --- | --- |
"""


def typologies_page() -> str:
    """Return the page about all typologies and controls."""
    parts = [_HEAD, *_schemes(), "\n## Instead\n\n", *_alternatives()]
    parts += ["\n## Who looks where\n\n", *_controls(), "\n## Control by typology\n\n", *_cells()]
    return "".join(parts)


def _schemes() -> Iterator[str]:
    for channel, scheme in SCHEMES.items():
        stops = ", ".join(f"`{name}`" for name in CONTROLS if can_stop(name, channel))
        cells = (f"`{channel}`", scheme.who, scheme.attempt, scheme.cost, _traces(scheme.leaves))
        yield f"| {' | '.join(cells)} | {stops or 'nothing'} |\n"


def _alternatives() -> Iterator[str]:
    yield "| channel | who | what | cost |\n| --- | --- | --- | --- |\n"
    for channel, other in ALTERNATIVES.items():
        yield f"| `{channel}` | {other.who} | {other.attempt} | {other.cost} |\n"


def _controls() -> Iterator[str]:
    yield "| control | when | rules | looks at |\n| --- | --- | --- | --- |\n"
    for name, control in CONTROLS.items():
        yield f"| `{name}` | {control.acts} | {control.rules or '–'} | {_traces(control.sees)} |\n"


def _cells() -> Iterator[str]:
    yield f"| typology | {' | '.join(f'`{name}`' for name in CONTROLS)} |\n"
    yield f"| --- |{' --- |' * len(CONTROLS)}\n"
    for channel in SCHEMES:
        cells = ("1" if can_stop(name, channel) else "0" for name in CONTROLS)
        yield f"| `{channel}` | {' | '.join(cells)} |\n"


def _traces(traces: Trace) -> str:
    return ", ".join(str(trace.name).lower().replace("_", " ") for trace in traces)
