"""Reading a log by hand: local dates beside its rows, rows of a kind, sums, closing balances."""

import pandas as pd

from tengesim import Run
from tengesim.clock import HOUR_US

__all__ = ["closing", "dated", "of", "total"]

_UTC_OFFSET_US = 5 * HOUR_US


def dated(run: Run) -> pd.DataFrame:
    """Return the rows of a run with the local date and time of day of each."""
    rows = run.events.copy()
    for name in rows.select_dtypes("category"):
        rows[str(name)] = rows[str(name)].astype(str)
    moments = pd.to_datetime(rows["time_us"] + _UTC_OFFSET_US, unit="us")
    rows["date"] = moments.dt.strftime("%Y-%m-%d")
    rows["at"] = moments.dt.strftime("%H:%M")
    return rows


def of(rows: pd.DataFrame, kind: str, status: str = "settled", **columns: str) -> pd.DataFrame:
    """Return the rows of a kind and status with these values in these columns."""
    chosen = (rows["kind"] == kind) & (rows["status"] == status)
    for name, value in columns.items():
        chosen &= rows[name] == value
    return rows[chosen]


def total(rows: pd.DataFrame) -> int:
    """Return the sum of amounts in tiyn."""
    return int(rows["amount_tiyn"].sum())


def closing(run: Run, holder: str = "", form: str = "", mark: str | None = None) -> int:
    """Return what holders (those whose name begins so) have at the end, in tiyn."""
    accounts = run.accounts
    chosen = accounts["holder"].astype(str) != accounts["keeper"].astype(str)
    chosen &= accounts["holder"].astype(str).str.startswith(holder)
    if form:
        chosen &= accounts["form"].astype(str) == form
    if mark is not None:
        chosen &= accounts["mark"].astype(str) == mark
    return int(accounts.loc[chosen, "closing_tiyn"].sum())
