"""Origins of money told tiyn by tiyn: every account is a list of single tiyn with their travels."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["Travels", "random_events", "travels"]

RELEASES = {"issue", "budget_payment", "advance", "retention", "benefit", "claim"}
USES = {"payment", "wage", "offline_settlement"}
COMES_BACK = {"tax", "return", "revenue", "clawback", "penalty", "forfeiture"}
KEEPS = {
    "shed",
    "redeem",
    "funding",
    "defunding",
    "waterfall",
    "cash_withdrawal",
    "cash_deposit",
    "offline_load",
    "offline_unload",
}
BEHIND = {"bank_reserve", "treasury_single_account", "national_fund"}

COLUMNS = (
    *("seq", "time_us", "kind", "status", "payer", "payee", "keeper", "form", "mark"),
    *("keeper_to", "form_to", "mark_to", "amount_tiyn", "ref", "intent", "programme", "place"),
)
Key = tuple[str, str, str, str]
Path = tuple[int, ...]
KINDS = (
    *("issue", "budget_payment", "advance", "payment", "wage", "tax", "return"),
    *("subpayment", "distribute", "shed", "redeem", "refund", "clawback", "opening"),
)


class Tiyn(NamedTuple):
    """One tiyn: the rows that moved it since it was released, and whether it was used."""

    path: Path
    is_used: bool


OWN = Tiyn((), is_used=False)


class Travels(NamedTuple):
    """By row, how many tiyn came there on which way; by way, how many tiyn ended there."""

    came: dict[int, Counter[Path]]
    ended: Counter[Path]


def travels(events: pd.DataFrame) -> Travels:
    """Return the travels of every tiyn of a log."""
    free: dict[Key, list[Tiyn]] = {}
    held: dict[Key, list[Tiyn]] = {}
    posting: list[Tiyn] = []
    ref, came = None, {}
    last: Counter[Path] = Counter()
    for place, row in enumerate(events.to_dict("records")):
        if row["status"] not in {"settled", "held", "posted", "voided"} or row["form"] in BEHIND:
            continue
        if row["ref"] != ref:
            ref, posting = row["ref"], []
        payer: Key = (row["payer"], row["keeper"], row["form"], row["mark"])
        payee: Key = (row["payee"], row["keeper_to"], row["form_to"], row["mark_to"])
        source = free.setdefault(payer, [])
        if row["status"] in {"posted", "voided"}:
            source = held.setdefault(payer, [])
        if row["payer"] == row["keeper"]:
            source = posting
        amount = row["amount_tiyn"]
        taken = source[:amount]
        del source[:amount]
        taken += [OWN] * (amount - len(taken))
        if row["status"] in {"held", "voided"}:
            target = held if row["status"] == "held" else free
            target.setdefault(payer, []).extend(taken)
            continue
        is_issuer = row["payee"] == row["keeper_to"]
        seen: Counter[Path] = Counter()
        moved = [_moved(tiyn, place, row["kind"], seen, arrives=not is_issuer) for tiyn in taken]
        came[place] = seen
        for path, count in seen.items():
            last[path] += count
            last[path[:-1]] -= count
        (posting if is_issuer else free.setdefault(payee, [])).extend(moved)
    del last[()]
    return Travels(came, +last)


def _moved(tiyn: Tiyn, place: int, kind: str, seen: Counter[Path], *, arrives: bool) -> Tiyn:
    path, is_used = tiyn
    if is_used and kind not in KEEPS | COMES_BACK | {"refund"}:
        path, is_used = (), False
    if not path and kind not in RELEASES:
        return OWN
    path = (*path, place)
    seen[path] += 1
    if arrives and kind in COMES_BACK:
        return OWN
    if arrives:
        is_used = kind in USES or (is_used and kind != "refund")
    return Tiyn(path, is_used)


def random_events(seed: int, postings: int) -> pd.DataFrame:
    """Return a log of random postings among few accounts, some of which lack the money."""
    draw = np.random.default_rng(seed)
    holders = ["treasury", "firm", "sub"]
    seats = [
        ("national_bank", "digital_tenge", ""),
        ("national_bank", "digital_tenge", "roads"),
        ("bank", "bank_deposit", ""),
    ]
    rows: list[dict[str, object]] = []
    on_hold: list[tuple[int, str, Key, Key, int]] = []

    def write(head: tuple[int, str, str], payer: Key, payee: Key, amount: int) -> None:
        ref, kind, status = head
        if payer == payee:
            return
        names = ("keeper", "form", "mark")
        rows.append(
            {
                "seq": 10 + len(rows),
                "time_us": ref,
                "kind": kind,
                "status": status,
                "payer": payer[0],
                "payee": payee[0],
                **dict(zip(names, payer[1:], strict=True)),
                **{f"{name}_to": text for name, text in zip(names, payee[1:], strict=True)},
                "amount_tiyn": amount,
                "ref": ref,
                "intent": f"intent-{ref}",
                "programme": f"line-{ref % 2}",
                "place": "",
            }
        )

    def account() -> Key:
        return (str(draw.choice(holders)), *seats[draw.integers(len(seats))])

    for ref in range(postings):
        kind, amount = str(draw.choice(KINDS)), int(draw.integers(1, 6))
        way, payer, payee = draw.integers(10), account(), account()
        issuer: Key = (payer[1], *payer[1:])
        issuer_to: Key = (payee[1], *payee[1:])
        if way < 1:
            kind = str(draw.choice(sorted(RELEASES)))
            write((ref, kind, "settled"), issuer_to, payee, amount)
        elif way < 6:
            other = (payee[0], *payer[1:-1], payee[3])
            write((ref, kind, "settled"), payer, other, amount)
        elif way < 8:
            write((ref, kind, "settled"), payer, issuer, amount)
            behind = ("bank", "national_bank", "bank_reserve", "")
            write((ref, kind, "settled"), behind, ("other", *behind[1:]), amount)
            write((ref, kind, "settled"), issuer_to, payee, amount)
        elif way < 9 or not on_hold:
            write((ref, kind, "held"), payer, payee, amount)
            on_hold.append((ref, kind, payer, (payee[0], *payer[1:]), amount))
        else:
            held = on_hold.pop(draw.integers(len(on_hold)))
            write((*held[:2], str(draw.choice(["posted", "voided"]))), *held[2:])
        if draw.integers(9) == 0:
            write((ref, kind, "refused"), payer, payee, amount)
    return pd.DataFrame(rows, columns=list(COLUMNS))
