"""Claims about offline purses: every payment comes to an end, and copies make no money."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tengesim.institutions.outages import OutageSection
from tests.offline_world import OfflineWorld, Payment, assumed, counted, endings, section

payments = st.lists(
    st.builds(
        Payment,
        hour=st.integers(2, 14 * 24),
        payer=st.integers(0, 3),
        merchant=st.integers(0, 2),
        amount_tiyn=st.integers(1, 1_200_000),
    ),
    min_size=1,
    max_size=40,
)

MANY = [
    Payment(hour, hour % 4, hour % 3, 20_000 + 1_000 * (hour % 7)) for hour in range(6, 14 * 24, 2)
]
COPIES = {"copies__purses": "100 %", "copies__attempts": "60 %"}


def recorded(rows: pd.DataFrame) -> int:
    """Return the payments that devices made."""
    return counted(rows, kind="offline_payment", status="recorded")


def test_without_cheating_every_payment_settles_or_returns() -> None:
    """Goal: nothing is lost on the way. Method: many payments, ends counted in the log."""
    rows = OfflineWorld(section()).run(MANY)
    settled = counted(rows, kind="offline_settlement", status="settled")
    returned = counted(rows, kind="offline_settlement", reason="outside_validity")
    assert recorded(rows) == settled + returned
    assert settled > 50
    assert counted(rows, reason="spent_twice") == 0


@settings(max_examples=60, deadline=None)
@given(
    payments,
    st.sampled_from(["0 %", "30 %", "100 %"]),
    st.sampled_from(["0 %", "50 %"]),
    st.integers(1, 5),
)
def test_every_second_spending_is_prevented_detected_or_lost(
    made: list[Payment], stopped: str, lost: str, seed: int
) -> None:
    """Goal: attempted = detected + prevented + lost. Method: random worlds, ends by serial."""
    offline = section(**COPIES, copies__stopped_by_device=stopped, lost_devices=lost)
    world = OfflineWorld(offline, seed=seed)
    rows = world.run(made)
    found = endings(rows)
    assert found["attempted"] == found["prevented"] + found["detected"] + found["lost"]
    assert recorded(rows) == counted(rows, kind="offline_settlement")
    per_serial = rows[(rows["kind"] == "offline_settlement") & (rows["status"] == "settled")]
    assert per_serial["value"].is_unique
    holders = [f"person-{n}" for n in range(1, 5)] + [f"merchant-{n}" for n in range(1, 4)]
    holders += [f"purse-{n:08d}" for n in range(1, 5)]
    assert sum(map(world.free, holders)) == 4 * 10_000_000


def test_copies_are_tried_found_and_stopped() -> None:
    """Goal: the test above is not empty. Method: a busy world with half of them stopped."""
    offline = section(**COPIES, copies__stopped_by_device="50 %", lost_devices="40 %")
    found = endings(OfflineWorld(offline, seed=3).run(MANY))
    assert min(found.values()) >= 1
    assert found["attempted"] > 20


def test_a_device_that_stops_every_copy_leaves_nothing_to_detect() -> None:
    """Goal: prevented means never accepted. Method: a perfect secure element."""
    found = endings(OfflineWorld(section(**COPIES, copies__stopped_by_device="100 %")).run(MANY))
    assert found["prevented"] == found["attempted"] > 20


@pytest.mark.parametrize(
    ("changes", "amount_tiyn", "rule"),
    [
        ({"payment_limit": "100 KZT"}, 10_001, "payment_limit"),
        ({"count_limit": "2 payments"}, 1_000, "count_limit"),
    ],
)
def test_a_purse_refuses_what_exceeds_its_limits(
    changes: dict[str, object], amount_tiyn: int, rule: str
) -> None:
    """Goal: cap and count hold at the device. Method: five payments between two contacts."""
    made = [
        Payment(hour, 0, merchant, amount_tiyn)
        for hour in (9, 11, 13, 15, 17)
        for merchant in range(3)
    ]
    rows = OfflineWorld(section(**changes)).run(made)
    refused = rows[rows["reason"] == "limit_offline"]
    assert set(refused["rule"]) == {rule}
    assert (refused["value"] > refused["limit"]).all()


def test_a_purse_never_spends_more_than_it_holds() -> None:
    """Goal: pending money is not spent again. Method: payments beyond one load."""
    made = [Payment(hour, 0, n, 900_000) for hour in range(8, 24) for n in range(3)]
    rows = OfflineWorld(section(count_limit="1000 payments")).run(made)
    paid = rows[(rows["kind"] == "offline_payment") & (rows["status"] == "recorded")]
    assert 0 < paid["amount_tiyn"].sum() <= 2_000_000


def test_an_outage_of_the_platform_sends_connected_tills_offline() -> None:
    """Goal: the rail opens when nothing can be reached. Method: full coverage, one outage."""
    outage = OutageSection.model_validate(
        {
            "id": "dark",
            "system": "platform",
            "day": "2026-02-03",
            "at": "00:00",
            "schedule_source": "assumption",
            "lasts": assumed("24 h"),
        }
    )
    offline = section(count_limit="10 payments")
    connected = offline.model_copy(
        update={"coverage": offline.coverage.model_copy(update={"rural": offline.coverage.urban})}
    )
    rows = OfflineWorld(connected, outages=(outage,)).run(MANY)
    days = set(
        ((rows.loc[rows["kind"] == "offline_payment", "time_us"] // 3_600_000_000) + 5) // 24
    )
    assert len(days) == 1
    assert recorded(rows) == 12
    assert OfflineWorld(connected).run(MANY).shape[0] < rows.shape[0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"payment_limit": "30000 KZT"}, "LIMITS_OUT_OF_ORDER"),
        ({"sync_window": "3 business days"}, "DURATION"),
        ({"copies__second_after": "4 days"}, "TIMES_OUT_OF_ORDER"),
    ],
)
def test_a_section_that_cannot_be_is_refused(changes: dict[str, object], code: str) -> None:
    """Goal: bad input is named. Method: one mistake each."""
    with pytest.raises(ValidationError) as refused:
        section(**changes)
    assert [error["type"] for error in refused.value.errors()] == [code]
