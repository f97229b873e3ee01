"""The row of the log as compiled code writes it, straight into the journal's buffer.

The values are those that readable code hands to `Journal.append`, with `seq` in front.
"""

from typing import Any

from tengesim.compiled import lean
from tengesim.journal.events import Rows

__all__ = ["write_row"]


@lean
def write_row(  # noqa: PLR0917 - compiled code takes the columns by place
    rows: Rows,
    k: int,
    seq: int,
    time_us: int,
    kind: int,
    status: int,
    reason: int,
    rule: int,
    value: int,
    limit: int,
    payer: int,
    payee: int,
    keeper: int,
    form: int,
    mark: int,
    keeper_to: int,
    form_to: int,
    mark_to: int,
    amount: int,
    ref: int,
    intent: int,
    attempt: int,
    label: int,
    evidence: int,
    region: int,
    programme: int,
    place: int,
) -> None:
    """Fill row `k`; every number is an int64, so that there is one compiled form of this."""
    row: Any = rows[k]
    row["seq"] = seq
    row["time_us"] = time_us
    row["kind"] = kind
    row["status"] = status
    row["reason"] = reason
    row["rule"] = rule
    row["value"] = value
    row["limit"] = limit
    row["payer"] = payer
    row["payee"] = payee
    row["keeper"] = keeper
    row["form"] = form
    row["mark"] = mark
    row["keeper_to"] = keeper_to
    row["form_to"] = form_to
    row["mark_to"] = mark_to
    row["amount_tiyn"] = amount
    row["ref"] = ref
    row["intent"] = intent
    row["attempt"] = attempt
    row["true_label"] = label
    row["evidence"] = evidence
    row["region"] = region
    row["programme"] = programme
    row["place"] = place
