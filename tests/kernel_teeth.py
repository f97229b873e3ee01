"""Run by a test in a process where nothing is compiled: the same worlds, whole and with mistakes.

Prints for each planted mistake whether the comparison of the two codes saw it.
"""

import json
from collections.abc import Callable
from typing import Any, Final
from unittest.mock import patch

from tengesim.engine import kernel, kernel_purses, kernel_rails, kernel_vouchers, kernel_wallets
from tengesim.engine import kernel_state as at
from tengesim.engine.kernel_rows import Verdict
from tengesim.ledger.traits import HAS_DEPOSIT
from tengesim.rules.tables import AMOUNT, CATEGORY
from tests.kernel_world import answers, run_compiled, run_readable, spec_of

__all__ = ["MISTAKES", "differs"]

SEEDS: Final = range(100)


def _never_down(moment: int, outages: Any, fixed: Any, banks: Any) -> None:  # noqa: ANN401
    """Forget every outage."""
    fixed[at.PLATFORM_DOWN], fixed[at.TURN] = -1, at.AFTER
    banks[:, at.BANK_DOWN] = -1


def _keeps_rows(outcome: int, before: Any, cursor: Any) -> None:  # noqa: ANN401
    """Leave what was written of a want to readable code to write again."""
    cursor[at.STOP] = at.ESCAPE


def _knows_no_category(want: Any, evidence: Any, marked: Any, facts: Any) -> None:  # noqa: ANN401
    """Forget what a purchase is of."""
    _OBSERVE(want, evidence, marked, facts)
    facts[CATEGORY] = -1


_OBSERVE: Final = kernel_purses._observe


MISTAKES: Final[dict[str, tuple[Any, str, Any]]] = {
    "deposit before cash in hand": (kernel, "_COUNTER_CASH", 0x2143),
    "two tries": (kernel, "_ATTEMPTS_MAX", 2),
    "nobody reaches for cash": (kernel, "_reaches_for_cash", lambda *_: False),
    "no outage": (kernel, "_turn", _never_down),
    "rows stay": (kernel, "_roll_back", _keeps_rows),
    "devices never meet": (kernel, "_is_for_devices", lambda *_: False),
    "every wallet has room": (kernel_wallets, "_excess", lambda *_: 0),
    "each payment is the day's first": (kernel_wallets, "_used_today", lambda *_: 0),
    "everybody converts": (
        kernel_wallets,
        "_can_convert",
        lambda seen: seen & HAS_DEPOSIT != 0,
    ),
    "nobody tops up": (kernel_wallets, "_top_up", lambda *_: 0),
    "no second attempt": (kernel_vouchers, "_CURABLE", -1),
    "everything is remote": (kernel_rails, "channel", lambda _: 8_192),
    "marked money is left": (kernel, "_marked_first", lambda _, ways: ways),
    "marked money needs nothing": (
        kernel_purses,
        "reach_payee",
        lambda *_: Verdict(0, at.NAMED_RETAIL, 0, 0),
    ),
    "purses know no limit": (kernel_purses, "part_left", lambda *seen: seen[3][AMOUNT]),
    "purses never count": (kernel_purses, "add_use", lambda *_: None),
    "purchases are of nothing": (kernel_purses, "_observe", _knows_no_category),
    "every rest is paid": (kernel_purses, "top_up_for", lambda *_: 0),
    "no rest counts": (kernel_purses, "count_used", lambda *_: None),
    "no purse is empty": (
        kernel_purses,
        "_first_filled",
        lambda want, marked, _: marked.first[want.payer],
    ),
}


def differs(mistake: tuple[Any, str, Any] | None) -> bool:
    """Return whether some world comes out otherwise, or not at all, with `mistake`."""
    run: Callable[[], bool] = lambda: any(map(_is_other, SEEDS))  # noqa: E731 - used twice
    if mistake is None:
        return run()
    module, name, broken = mistake
    with patch.object(module, name, broken):
        return run()


def _is_other(seed: int) -> bool:
    spec = spec_of(seed)
    expected = answers(run_readable(spec))
    try:
        return answers(run_compiled(spec).half) != expected
    except Exception:  # noqa: BLE001 - a mistake may break anything
        return True


if __name__ == "__main__":
    found = {"nothing": differs(None)}
    found |= {name: differs(mistake) for name, mistake in MISTAKES.items()}
    print(json.dumps(found))  # noqa: T201 - this is what the test reads
