"""The metrics once more, in plain loops over rows as dictionaries, to compare with.

Written from the definitions in docs/metrics.md, for reading and not for speed: no arrays, no cube,
one want after the other. Each result is (numerator, denominator, cases behind the ratio).
"""

from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tengesim.codes import Evidence
from tengesim.metrics.compute import MetricTerms

Row = dict[str, Any]
Result = tuple[int | None, int | None, int | None]

DAY_US = 86_400_000_000
NOTHING: Result = (None, None, None)
DEVICES = Evidence.PRESENCE_CARD | Evidence.PRESENCE_QR | Evidence.PRESENCE_PALM


@dataclass
class Want:
    """One intent of a person and all that became of it."""

    rows: list[Row] = field(default_factory=list)
    accepted: Row | None = None
    refund: list[Row] = field(default_factory=list)
    released: Row | None = None
    waited: list[tuple[int, int]] = field(default_factory=list)

    @property
    def first(self) -> Row:
        """The first attempt."""
        return self.rows[0]

    @property
    def label(self) -> str:
        """What it really is."""
        return str(self.first["true_label"])

    @property
    def is_kept(self) -> bool:
        """Accepted and never undone."""
        return self.accepted is not None and not self.refund

    @property
    def is_undone_early(self) -> bool:
        """Undone before the payee had the money."""
        return bool(self.refund) and all(row["form"] != "bank_deposit" for row in self.refund)


class Naive:
    """All metrics of one log."""

    def __init__(self, rows: list[Row], terms: MetricTerms) -> None:
        """Sort the rows into wants and follow the money."""
        self.rows, self.terms = rows, terms
        self.wants: dict[str, Want] = {}
        for row in rows:
            if row["kind"] in ("payment", "delivery"):
                want = self.wants.setdefault(row["intent"], Want())
                want.rows.append(row)
                if row["status"] in ("settled", "recorded"):
                    want.accepted = row
        for row in rows:
            if row["kind"] in ("refund", "return") and row["intent"] in self.wants:
                self.wants[row["intent"]].refund.append(row)
        self.follow()
        self.accepted = [want for want in self.wants.values() if want.accepted]
        self.kept = [want for want in self.accepted if want.is_kept]
        self.refused = [want for want in self.wants.values() if not want.accepted]
        self.honest = [want for want in self.wants.values() if want.label == "honest"]
        self.undue = [want for want in self.wants.values() if want.label != "honest"]

    def follow(self) -> None:
        """Hand what is released to the oldest wants of the payee, tiyn by tiyn."""
        queues: dict[str, deque[list[Any]]] = {}
        for row in self.rows:
            want = self.wants.get(row["intent"])
            if want and want.accepted is row and not want.is_undone_early:
                queues.setdefault(row["payee"], deque()).append([want, row["amount_tiyn"]])
            payee = self.released_to(row)
            left = row["amount_tiyn"] if payee else 0
            queue = queues.get(payee, deque())
            while left and queue:
                lot = queue[0]
                part = min(left, lot[1])
                lot[0].waited.append((part, row["time_us"] - lot[0].accepted["time_us"]))
                lot[1] -= part
                left -= part
                if not lot[1]:
                    lot[0].released = row
                    queue.popleft()
        for queue in queues.values():
            for want, open_tiyn in queue:
                want.waited.append((open_tiyn, self.terms.end_us - want.accepted["time_us"]))

    @staticmethod
    def released_to(row: Row) -> str:
        """Return who is given free money by a row, empty for nobody."""
        if row["status"] not in ("settled", "posted"):
            return ""
        if row["kind"] == "shed":
            return str(row["payer"])
        if row["kind"] == "claim" and row["form_to"] == "bank_deposit":
            return str(row["payee"])
        return ""

    def results(self) -> dict[str, Result]:
        """Return every metric."""
        return {
            **self.reach_and_integrity(),
            **self.harm(),
            **self.transparency(),
            **self.money(),
            **self.privacy(),
        }

    def reach_and_integrity(self) -> dict[str, Result]:
        """Count and add up."""
        due, paid = len(self.honest), len(self.kept)
        omitted = [
            want for want in self.honest if want.first["reason"] == "beneficiary_not_eligible"
        ]
        phantom = len([want for want in self.kept if want.label == "phantom"])
        leaked = tiyn(want for want in self.kept if want.label != "honest")
        wrong = [want for want in self.refused if want.label != "honest"]
        return {
            "meals_due": (due, None, None),
            "meals_eaten": (len([want for want in self.honest if not want.refund]), None, None),
            "meals_paid": (paid, None, None),
            "exclusion_error": (len(omitted), due, due),
            "phantom_meals": (phantom, None, None),
            "phantom_share": (phantom, paid, paid),
            "leakage": (leaked, tiyn(self.kept), paid),
            "leakage_amount": (leaked, None, None),
            "precision": (len(wrong), len(self.refused), len(self.refused)),
            "precision_amount": (tiyn(wrong), tiyn(self.refused), len(self.refused)),
            "recall": (len(wrong), len(self.undue), len(self.undue)),
            "recall_amount": (tiyn(wrong), tiyn(self.undue), len(self.undue)),
        }

    def harm(self) -> dict[str, Result]:
        """Count refusals of the honest and add up their waits."""
        due = len(self.honest)
        refused = [want for want in self.honest if not want.accepted]
        at_first = [want for want in self.honest if want.first["status"] == "refused"]
        owed = [want for want in self.honest if not want.refund]
        unpaid = [
            want
            for want in owed
            if not want.released or want.released["time_us"] - want.first["time_us"] > 90 * DAY_US
        ]
        waits = [wait for want in self.accepted for wait in want.waited]
        waiting = len([want for want in self.accepted if want.waited])
        capped = sum(amount * min(us, 180 * DAY_US) for amount, us in waits)
        yearly_bp = self.terms.base_rate_bp + self.terms.spread_bp
        cost = sum(amount * us for amount, us in waits) * Fraction(yearly_bp, 10_000 * 365 * DAY_US)
        return {
            "honest_refused": (len(refused), None, None),
            "honest_refused_first_attempt": (len(at_first), due, due),
            "false_positive_rate": (len(refused), due, due),
            "false_positive_rate_amount": (tiyn(refused), tiyn(self.honest), due),
            "blocked": (len(unpaid), len(owed), len(owed)),
            "delay": (capped // DAY_US, sum(amount for amount, _ in waits), waiting),
            "financing_cost": (int(cost), None, None),
        }

    def transparency(self) -> dict[str, Result]:
        """Follow the money as each observer can."""
        out = sum(
            row["amount_tiyn"]
            for row in self.settled("issue", "claim")
            if row["form"] == "treasury_single_account"
        )
        back, paid = self.returned(), len(self.kept)
        undone = tiyn(w for w in self.accepted if w.refund and not w.is_undone_early)
        firms = sum(row["amount_tiyn"] for row in self.rows if self.released_to(row))
        of_meals = {observer: self.followed(observer) for observer in OBSERVERS}
        results: dict[str, Result] = {}
        for observer, meals in of_meals.items():
            # Releases are published, so all observers see them.
            results[f"traced_to_payee_{observer}"] = (firms + back - undone, out, paid)
            results[f"traceable_share_{observer}"] = (tiyn(meals) + back, out, paid)
        traced = of_meals["auditor"]
        false = tiyn(want for want in traced if want.label != "honest")
        told = [
            row
            for row in self.rows
            if row["status"] in ("settled", "posted", "recorded") and row["kind"] != "opening"
        ]
        known = tiyn(traced) + back
        some = bool(traced)
        return {
            **results,
            "traced_but_false": (false, known, len(traced)) if some else NOTHING,
            "audit_records": (len(told), known, len(traced)) if some else NOTHING,
            "verified_purpose": (tiyn(filter(is_verified, self.kept)), tiyn(self.kept), paid),
        }

    def followed(self, observer: str) -> list[Want]:
        """Return the kept wants whose money the observer ties to the record of a meal."""
        found = []
        for want in self.kept:
            row = want.accepted or {}
            if row["kind"] == "payment" and row["mark"]:
                if observer in ("treasury", "auditor"):
                    found.append(want)
            elif observer == "auditor" and want.released and is_named(row):
                found.append(want)
        return found

    def money(self) -> dict[str, Result]:
        """Add up what was issued, used and returned, and average what was outstanding."""
        issued = sum(
            row["amount_tiyn"] for row in self.settled("issue") if row["form"] == "digital_tenge"
        )
        out = sum(
            row["amount_tiyn"]
            for row in self.settled("issue", "claim")
            if row["form"] == "treasury_single_account"
        )
        area = supply = peak = 0
        last_us = self.terms.start_us
        for row in self.rows:
            if row["status"] not in ("settled", "posted"):
                continue
            area += supply * (row["time_us"] - last_us)
            last_us = row["time_us"]
            if row["form"] == "digital_tenge" and row["payer"] == row["keeper"]:
                supply += row["amount_tiyn"]
            if row["form_to"] == "digital_tenge" and row["payee"] == row["keeper_to"]:
                supply -= row["amount_tiyn"]
            peak = max(peak, supply)
        area += supply * (self.terms.end_us - last_us)
        mean = area // (self.terms.end_us - self.terms.start_us)
        spent = [row for row in self.settled("payment") if row["form"] == "digital_tenge"]
        given = len(self.settled("distribute"))
        spent_tiyn = sum(row["amount_tiyn"] for row in spent)
        back = self.returned()
        return {
            "paid_amount": (tiyn(self.kept), None, None),
            "released_amount": (out, None, None),
            "returned": (back, None, None),
            "returned_share": (back, issued, given) if issued else NOTHING,
            "unspent": (issued - tiyn(self.kept) if issued else 0, None, None),
            "float": (mean, None, None),
            "supply_peak": (peak, None, None),
            "velocity": (spent_tiyn, mean, len(spent)) if area else NOTHING,
        }

    def privacy(self) -> dict[str, Result]:
        """Count names and what hangs together by them."""
        wanted = [row for want in self.wants.values() for row in want.rows]
        start_us = min((row["time_us"] for row in wanted), default=0)
        recent = [row for row in wanted if row["time_us"] < start_us + 30 * DAY_US]
        meals = {row["payer"]: 0 for row in recent}
        named = [row for row in recent if is_named(row)]
        for row in named:
            meals[row["payer"]] += row["status"] in ("settled", "recorded")
        ordered, count = sorted(meals.values()), len(meals)
        middle = ordered[(count - 1) // 2] + ordered[count // 2] if count else 0
        palms = {row["payer"] for row in wanted if row["evidence"] & Evidence.PRESENCE_PALM}
        days = (self.terms.end_us - self.terms.start_us) // DAY_US
        results: dict[str, Result] = {"templates_held": (len(palms) * days, 365, None)}
        for observer in OBSERVERS:
            sees = observer == "auditor"
            names = len({row["payer"] for row in named}) if sees else 0
            results[f"persons_identified_{observer}"] = (names, count, count)
            results[f"linkable_payments_{observer}"] = (
                middle if sees else 0,
                2 if count else 1,
                count,
            )
        return results

    def settled(self, *kinds: str) -> list[Row]:
        """Return the rows of `kinds` that moved money."""
        return [
            row
            for row in self.rows
            if row["kind"] in kinds and row["status"] in ("settled", "posted")
        ]

    def returned(self) -> int:
        """Return what came back to the budget."""
        digital = [row for row in self.settled("return") if row["form"] == "digital_tenge"]
        deposits = [
            row for row in self.settled("refund") if row["form"] == "treasury_single_account"
        ]
        return sum(row["amount_tiyn"] for row in digital + deposits)


OBSERVERS = ("public", "treasury", "auditor")


def tiyn(wants: Any) -> int:  # noqa: ANN401 - any iterable of wants
    """Return the money of `wants`."""
    return sum(want.first["amount_tiyn"] for want in wants)


def is_named(row: Row) -> bool:
    """Return whether the row says who ate; a head-count does not."""
    return not row["evidence"] & Evidence.PRESENCE_REPORT


def is_verified(want: Want) -> bool:
    """Return whether two of device, register and school say so."""
    shown = (want.accepted or {})["evidence"]
    if want.released and want.released["kind"] == "shed":
        shown |= want.released["evidence"]
    sources = (DEVICES, Evidence.BENEFICIARY_ELIGIBLE, Evidence.ACT_ACCEPTED)
    return sum(bool(shown & source) for source in sources) >= 2
