"""Wallets and deposits: what moves from banks into digital tenge, and where limits bind.

Deposits fall only where digital tenge is issued against them and rise where it flows back, so all
of it is read from those rows, at the moment of each. Firms are counted with people, because the
log tells accounts apart and not their owners.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Final

import numpy as np

from tengesim.codes import Form, Kind, Reason
from tengesim.metrics.exact import cumulated
from tengesim.metrics.log import Flags, Log, Whole, is_one_of
from tengesim.metrics.metric import Measure, defined
from tengesim.metrics.readings import Readings

__all__ = ["METRICS", "measure"]

_LIMITS: Final = (Reason.LIMIT_PER_PAYMENT, Reason.LIMIT_PER_PERIOD, Reason.LIMIT_HOLDING)


_metric = partial(defined, group="money", scope="wallets")


METRICS: Final = (
    _metric(
        "deposit_displacement",
        "Deposits displaced by digital tenge",
        "share",
        question="Which part of bank deposits do people and firms hold as digital tenge instead?",
        formula="Time average over the horizon of unmarked digital tenge outstanding ÷ deposits"
        " opened at the start.",
        text="An average over the horizon; at the height of a run it is more.",
    ),
    _metric(
        "deposit_outflow_peak",
        "Deposits converted into digital tenge, peak",
        "KZT",
        question="How much had left deposits for digital tenge when it was most?",
        formula="Greatest value, after any row, of deposits turned into digital tenge − digital"
        " tenge turned back into deposits.",
        text="What banks have to find in reserves, or borrow.",
    ),
    _metric(
        "waterfall_amount",
        "Money that flowed over into deposits",
        "KZT",
        question="How much digital tenge went to deposits because a wallet was full?",
        formula="KZT of WATERFALL rows that reached a deposit.",
        text="Without a linked bank account the payment is refused instead.",
    ),
    _metric(
        "wallets_at_limit",
        "Wallets that reached the holding limit",
        "share",
        question="How many wallets does the holding limit ever stop?",
        formula="Accounts that held exactly the holding limit after some row ÷ accounts that ever"
        " held unmarked digital tenge.",
        text="A limit that no wallet reaches changes nothing.",
        needs="full",
    ),
    _metric(
        "liquidity_peak",
        "Reserves lent by the National Bank, peak",
        "KZT",
        question="How much did banks owe the National Bank when it was most?",
        formula="Greatest value, after any row, of reserves lent − reserves given back.",
        text="Zero means that the banks' own reserves were enough.",
        direction="down",
    ),
    _metric(
        "refused_by_limit",
        "Payments in digital tenge refused for a limit",
        "share",
        question="How often does a limit of a wallet stop a payment?",
        formula="Attempts to pay in unmarked digital tenge refused as LIMIT_PER_PAYMENT,"
        " LIMIT_PER_PERIOD or LIMIT_HOLDING ÷ all attempts to pay in it.",
        text="Most are paid at once in another form.",
        direction="down",
        group="payments",
    ),
)


def measure(readings: Readings) -> Iterator[Measure]:
    """Yield the metrics of wallets."""
    cells, terms, moments = readings.cells, readings.terms, readings.moments
    mean = Fraction(moments.unmarked_area, terms.end_us - terms.start_us)
    # A deposit is opened by the bank that owes it, so this is the form of both sides.
    opened = cells.settled(Kind.OPENING, Form.BANK_DEPOSIT)
    yield Measure(
        "deposit_displacement",
        int(mean),
        cells.amount(opened),
        base=cells.number(opened),
        cases="deposits were opened",
    )
    yield Measure("deposit_outflow_peak", moments.outflow_peak_tiyn)
    # The same holds for the leg by which an overflow reaches a deposit, and for no other leg.
    flowed = cells.settled(Kind.WATERFALL, Form.BANK_DEPOSIT)
    yield Measure("waterfall_amount", cells.amount(flowed))
    yield Measure("liquidity_peak", moments.liquidity_peak_tiyn)
    tried = is_one_of(cells.kind, (Kind.PAYMENT,)) & is_one_of(cells.form, (Form.DIGITAL_TENGE,))
    tried &= ~cells.is_marked
    stopped = tried & is_one_of(cells.reason, _LIMITS)
    yield Measure(
        "refused_by_limit",
        cells.number(stopped),
        cells.number(tried),
        cases="payments were tried",
    )
    if readings.is_full:
        full, wallets = _full(readings.log, terms.holding_limit_tiyn)
        yield Measure("wallets_at_limit", full, wallets, cases="wallets were used")


def _full(log: Log, limit_tiyn: int | None) -> tuple[int, int]:
    """Return how many accounts of unmarked digital tenge ever held the limit, and how many any."""
    holder, held = _running(log)
    used = len(np.unique(holder[held > 0]))
    full = 0 if limit_tiyn is None else len(np.unique(holder[held == limit_tiyn]))
    return full, used


def _running(log: Log) -> tuple[Whole, Whole]:
    """Return holders and what each holds after every row that changes it; issuers left out."""
    out = _is_held(log, log.form, log.mark, ~log.is_issuer)
    into = _is_held(log, log.form_to, log.mark_to, ~log.is_issuer_to)
    holder = np.concatenate([log.payer[out], log.payee[into]])
    change = np.concatenate([-log.amount_tiyn[out], log.amount_tiyn[into]])
    place = np.concatenate([np.flatnonzero(out), np.flatnonzero(into)])
    order = np.lexsort((place, holder))
    holder, change = holder[order], change[order]
    running = cumulated(change)
    starts = np.flatnonzero(np.append(True, holder[1:] != holder[:-1])) if len(holder) else place
    lengths = np.diff(np.append(starts, len(holder)))
    before = running[starts] - change[starts]
    return holder, running - np.repeat(before, lengths)


def _is_held(log: Log, form: Whole, mark: Whole, is_holder: Flags) -> Flags:
    return np.asarray(log.is_moved & is_holder & (form == Form.DIGITAL_TENGE) & (mark == 0))
