"""What a log says of its public contracts, for people: the list, the life of one, who was paid.

Everything is asked of the log in SQL, so a list of a hundred thousand contracts costs a page no
more than the lines it shows. A contract is the place of its rows; its budget line is their
programme. What was true is never among the columns here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tengesim.report.story import Log

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CONTRACT_COLUMNS",
    "ORDERS",
    "STATES",
    "ContractList",
    "Wanted",
    "contract_row",
    "contract_steps",
    "contract_tree",
    "contracts",
    "has_contracts",
    "is_planned",
    "lines",
    "paid_by_tier",
]

STATES: Final = ("planned", "tendered", "unsuccessful", "awarded", "signed", "closed", "terminated")
"""How far a contract has come."""

CONTRACT_COLUMNS: Final = (
    "contract",
    "line",
    "buyer",
    "supplier",
    "estimate_tiyn",
    "price_tiyn",
    "bids",
    "paid_tiyn",
    "progress_bp",
    "state",
    "refusals",
    "reviews",
)
"""Columns of the list; progress is −1 where nobody measures it."""

ORDERS: Final = ("price", "paid", "estimate", "bids", "refusals", "reviews", "contract")
"""What the list may be sorted by; all but the name with the largest first."""

_MOVED: Final = "status IN ('settled', 'posted')"
# Of the rows of a payment between banks one gives the payee its money.
_TO_PAYEE: Final = "form_to IN ('bank_deposit', 'digital_tenge', 'cash_control_account')"

_CONTRACTS: Final = f"""
    WITH lots AS (
        SELECT place AS contract, any_value(programme) AS line, any_value(payer) AS buyer,
               any_value(region) AS region, max(amount_tiyn) AS estimate_tiyn
        FROM events WHERE kind = 'plan' AND place <> '' GROUP BY place
    ), facts AS (
        SELECT place AS contract,
            max(payee) FILTER (kind = 'award' AND status = 'recorded') AS supplier,
            max(value) FILTER (kind = 'award' AND status = 'recorded') AS bids,
            max_by(amount_tiyn, seq)
                FILTER (kind IN ('award', 'obligation', 'amendment') AND status = 'recorded')
                AS price_tiyn,
            sum(amount_tiyn)
                FILTER (kind IN ('advance', 'budget_payment', 'retention') AND {_MOVED}
                        AND {_TO_PAYEE} AND payee <> keeper_to) AS paid_tiyn,
            max(value) FILTER (kind = 'progress') AS progress_bp,
            count(*) FILTER (status = 'refused') AS refusals,
            count(*) FILTER (kind = 'review' AND attempt = 0) AS reviews,
            bool_or(kind = 'tender') AS is_tendered,
            bool_or(kind = 'tender' AND rule = 'unsuccessful') AS is_unsuccessful,
            bool_or(kind = 'award' AND status = 'recorded') AS is_awarded,
            bool_or(kind = 'obligation' AND status = 'recorded') AS is_signed,
            bool_or(kind = 'closing') AS is_closed,
            bool_or(kind = 'termination') AS is_terminated
        FROM events WHERE place <> '' GROUP BY place
    ), listed AS (
        SELECT contract, line, region, buyer, coalesce(supplier, '') AS supplier, estimate_tiyn,
            coalesce(price_tiyn, 0)::BIGINT AS price_tiyn, coalesce(bids, 0)::BIGINT AS bids,
            coalesce(paid_tiyn, 0)::BIGINT AS paid_tiyn,
            -- Small purchases are accepted at once and never measured.
            coalesce(progress_bp, -1)::BIGINT AS progress_bp,
            CASE WHEN is_terminated THEN 'terminated' WHEN is_closed THEN 'closed'
                 WHEN is_signed THEN 'signed' WHEN is_awarded THEN 'awarded'
                 WHEN is_unsuccessful THEN 'unsuccessful' WHEN is_tendered THEN 'tendered'
                 ELSE 'planned' END AS state,
            refusals::BIGINT AS refusals, reviews::BIGINT AS reviews
        FROM lots JOIN facts USING (contract)
    )
"""  # noqa: S608 - parts of this module
_CHOSEN: Final = """
    WHERE ($line = '' OR line = $line) AND ($state = '' OR state = $state)
      AND ($search = '' OR contains(lower(contract || ' ' || buyer || ' ' || supplier),
                                    lower($search)))
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which contracts are asked for, in which order, and which page of them."""

    line: str = ""
    state: str = ""
    search: str = ""
    order: str = "price"
    skipped: int = 0
    rows: int = 50


@dataclass(frozen=True, slots=True)
class ContractList:
    """One page of contracts, and how many are chosen in all, with their sums in tiyn."""

    rows: "pd.DataFrame"
    count: int
    price_tiyn: int
    paid_tiyn: int


def has_contracts(log: Log) -> bool:
    """Return whether anybody planned to buy anything."""
    found = log.query("SELECT count(*)::BIGINT AS n FROM events WHERE kind = 'plan'")
    return bool(int(found["n"].iloc[0]))


def lines(log: Log) -> list[str]:
    """Return the budget lines that contracts are paid from."""
    found = log.query(
        "SELECT DISTINCT programme AS line FROM events WHERE kind = 'plan' ORDER BY 1"
    )
    return [str(line) for line in found["line"]]


def contracts(log: Log, wanted: Wanted) -> ContractList:
    """Return the contracts that are wanted."""
    if wanted.order not in ORDERS:
        raise ValueError(f"a list is not sorted by {wanted.order!r}")
    column = "contract" if wanted.order == "contract" else _COLUMN_OF[wanted.order] + " DESC"
    chosen: Mapping[str, object] = {
        "line": wanted.line,
        "state": wanted.state,
        "search": wanted.search,
    }
    sums = log.query(
        f"{_CONTRACTS} SELECT count(*)::BIGINT AS n,"  # noqa: S608
        " coalesce(sum(price_tiyn), 0)::BIGINT AS price,"
        f" coalesce(sum(paid_tiyn), 0)::BIGINT AS paid FROM listed {_CHOSEN}",
        chosen,
    ).iloc[0]
    rows = log.query(
        f"{_CONTRACTS} SELECT {', '.join(CONTRACT_COLUMNS)} FROM listed {_CHOSEN}"  # noqa: S608
        f" ORDER BY {column}, contract LIMIT $rows OFFSET $skipped",
        {**chosen, "rows": wanted.rows, "skipped": wanted.skipped},
    )
    return ContractList(rows, int(sums["n"]), int(sums["price"]), int(sums["paid"]))


_COLUMN_OF: Final = {
    "price": "price_tiyn",
    "paid": "paid_tiyn",
    "estimate": "estimate_tiyn",
    "bids": "bids",
    "refusals": "refusals",
    "reviews": "reviews",
}


def is_planned(log: Log, contract: str) -> bool:
    """Return whether a contract of this name was planned."""
    found = log.query(
        "SELECT count(*)::BIGINT AS n FROM events WHERE kind = 'plan' AND place = $contract",
        {"contract": contract},
    )
    return bool(contract) and bool(int(found["n"].iloc[0]))


def contract_row(log: Log, contract: str) -> Mapping[str, object] | None:
    """Return one contract as it stands in the list, None where nobody planned it."""
    if not is_planned(log, contract):
        return None
    rows = log.query(
        f"{_CONTRACTS} SELECT {', '.join(CONTRACT_COLUMNS)} FROM listed"  # noqa: S608
        " WHERE contract = $contract",
        {"contract": contract},
    ).to_dict("records")
    return {str(key): value for key, value in rows[0].items()}


def contract_steps(log: Log, contract: str) -> "pd.DataFrame":
    """Return the documents and payments of a contract in order, each payment one line.

    Columns: seq (of the row that gives the payee its money), time_us, kind, status, reason, rule,
    payer, payee, amount_tiyn, value, limit, intent.
    """
    return log.query(
        """
        SELECT max(seq)::BIGINT AS seq, any_value(time_us) AS time_us, any_value(kind) AS kind,
               any_value(status) AS status, any_value(reason) AS reason, any_value(rule) AS rule,
               first(payer ORDER BY seq) AS payer, last(payee ORDER BY seq) AS payee,
               max(amount_tiyn)::BIGINT AS amount_tiyn, any_value(value) AS value,
               any_value("limit") AS "limit", any_value(intent) AS intent
        FROM events WHERE place = $contract AND kind NOT IN ('loss', 'true_cost')
        GROUP BY ref, kind, intent ORDER BY min(seq)
        """,
        {"contract": contract},
    )


_PAYMENTS: Final = f"""
    -- The payer of a payment between banks stands in its first row, the payee in its last.
    SELECT place AS contract, any_value(programme) AS line, kind,
           first(payer ORDER BY seq) AS payer, last(payee ORDER BY seq) AS payee,
           max(amount_tiyn)::BIGINT AS amount_tiyn, bool_or(mark <> '') AS is_marked,
           max(mark_to) AS mark_to
    FROM events
    WHERE kind IN ('advance', 'budget_payment', 'retention', 'subpayment', 'wage', 'tax')
      AND {_MOVED} AND place <> ''
    GROUP BY place, kind, ref
"""  # noqa: S608 - parts of this module


def contract_tree(log: Log, contract: str) -> "pd.DataFrame":
    """Return who paid whom how much under a contract: payer, payee, kind, tiyn, marked tiyn."""
    return log.query(
        f"""
        SELECT payer, payee, kind, sum(amount_tiyn)::BIGINT AS amount_tiyn,
               sum(CASE WHEN is_marked THEN amount_tiyn ELSE 0 END)::BIGINT AS marked_tiyn
        FROM ({_PAYMENTS}) WHERE contract = $contract
        GROUP BY ALL ORDER BY amount_tiyn DESC, payer, payee, kind
        """,  # noqa: S608
        {"contract": contract},
    )


def paid_by_tier(log: Log, line: str = "") -> "pd.DataFrame":
    """Return what each tier of the chain was paid, and how much of it in marked money.

    Tier 0 are suppliers, tier 1 those whom suppliers pay, and so on: columns tier, amount_tiyn,
    marked_tiyn, payees.
    """
    return log.query(
        f"""
        WITH paid AS ({_PAYMENTS}),
        depth AS (
            SELECT place AS contract, payee, min(value)::BIGINT AS tier
            FROM events WHERE kind = 'subcontract' AND status = 'recorded' GROUP BY ALL
        ), tiers AS (
            SELECT paid.*, CASE WHEN kind IN ('advance', 'budget_payment', 'retention') THEN 0
                ELSE coalesce(own.tier, coalesce(above.tier, 0) + 1) END AS tier
            FROM paid
            LEFT JOIN depth AS own ON own.contract = paid.contract AND own.payee = paid.payee
            LEFT JOIN depth AS above ON above.contract = paid.contract AND above.payee = paid.payer
            WHERE $line = '' OR line = $line
        )
        SELECT tier::BIGINT AS tier, sum(amount_tiyn)::BIGINT AS amount_tiyn,
               sum(CASE WHEN is_marked OR mark_to <> '' THEN amount_tiyn ELSE 0 END)::BIGINT
                   AS marked_tiyn,
               count(DISTINCT payee)::BIGINT AS payees
        FROM tiers GROUP BY tier ORDER BY tier
        """,  # noqa: S608
        {"line": line},
    )
