"""Claims about worlds of people: outages touch whom they concern, nothing is lost offline."""

import pytest

from tests.economies import NOBODY_DIGITAL, intents, rows_of, run_of, value_of

SHORT = ("clock.end=2026-03-16", "offline.last_day=2026-03-08")
UNREACHED = ("offline.coverage.rural.value=40 %", "wallets.demand.wallet.at_parity.value=80 %")
COPIED = (
    "offline.copies.purses.value=100 %",
    "offline.copies.purses.high=100 %",
    "offline.copies.attempts.value=90 %",
    "offline.copies.stopped_by_device.value=50 %",
    "offline.lost_devices.value=30 %",
    "offline.lost_devices.high=30 %",
    "offline.coverage.rural.value=40 %",
    "offline.coverage.urban.value=40 %",
    "offline.coverage.urban.low=40 %",
)


def test_a_platform_that_nobody_uses_may_be_down() -> None:
    """Goal: at zero digital tenge an outage changes exactly nothing. Method: compare digests."""
    down = run_of("outage_payday", *SHORT, *NOBODY_DIGITAL)
    up = run_of("outage_payday_none", *SHORT, *NOBODY_DIGITAL)
    assert rows_of(down.events, form="digital_tenge").empty
    assert down.digest == up.digest
    assert len(down.rows) > 5_000


def test_a_platform_that_people_use_is_missed() -> None:
    """Goal: the test above has teeth. Method: the same outage with wallets in use."""
    down, up = (run_of(name, *SHORT) for name in ("outage_payday", "outage_payday_none"))
    assert down.digest != up.digest
    refused = rows_of(down.events, reason="system_unavailable", rule="platform_down")
    assert len(refused) > 10
    assert rows_of(up.events, rule="platform_down").empty
    day = (refused["time_us"].min(), refused["time_us"].max())
    assert day[1] - day[0] < 86_400_000_000


def test_an_outage_changes_no_wish() -> None:
    """Goal: people want the same. Method: intents of everyday wants in both arms."""
    wants = [
        intents(run_of(name, *SHORT), "payment", "unmet", "offline_payment", "cash_withdrawal")
        for name in ("outage_payday", "outage_payday_none")
    ]
    tape = [{intent for intent in found if intent.startswith("retail/")} for found in wants]
    assert tape[0] == tape[1]
    assert len(tape[0]) > 10_000


def test_credits_wait_for_a_bank_that_is_down() -> None:
    """Goal: late, not lost. Method: sums of wages and benefits with and without the outage."""
    down = run_of("outage_payday_bank", *SHORT)
    up = run_of("outage_payday_none", *SHORT)
    assert value_of(down, "income_credited") == value_of(up, "income_credited")
    waiting = rows_of(down.events, reason="system_unavailable", rule="bank_down")
    assert {"wage", "benefit"} & set(waiting["kind"])


@pytest.mark.parametrize("settings", [(), ("offline.copies.purses.value=0 %",)])
def test_every_offline_payment_settles_or_returns(settings: tuple[str, ...]) -> None:
    """Goal: nothing stays on the way. Method: rows of both kinds, by serial number."""
    events = run_of("offline_village", *SHORT, *UNREACHED, *settings).events
    made = rows_of(events, kind="offline_payment", status="recorded")
    ended = rows_of(events, kind="offline_settlement")
    assert sorted(made["value"]) == sorted(ended["value"])
    assert len(made) > 20
    copies = set() if settings else {"spent_twice"}
    assert set(ended["reason"]) <= {"", "outside_validity"} | copies


def test_copies_end_prevented_detected_or_lost() -> None:
    """Goal: attempted = prevented + detected + lost. Method: a world full of copied purses."""
    run = run_of("offline_village", *SHORT, *COPIED)
    found = {
        name: value_of(run, f"copies_{name}")
        for name in ("attempted", "prevented", "detected", "lost")
    }
    ends = [found[name] or 0 for name in ("prevented", "detected", "lost")]
    assert found["attempted"] == sum(ends)
    assert min(ends) > 0
