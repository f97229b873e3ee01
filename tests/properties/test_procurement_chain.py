"""Money of a contract is divided to the tiyn, among stages and down the chain."""

from hypothesis import given
from hypothesis import strategies as st

from tengesim.institutions.procurement.chain import Costs, Link, divide, vat_within
from tengesim.institutions.procurement.stages import Stage, spread
from tests.procurement_world import firm

TIYN = st.integers(min_value=0, max_value=10**15)


def _chain(shares_bp: list[int]) -> tuple[Link, ...]:
    whole = sum(shares_bp) or 1
    below = [share * 9_000 // whole for share in shares_bp]
    top = Link("lot", 0, firm("top"), 0, -1, 10_000, 10**12)
    return (
        top,
        *(
            Link(f"lot/sub-{number}", number, firm(f"sub-{number}"), 1, 0, share, 10**9)
            for number, share in enumerate(below, start=1)
        ),
    )


@given(
    shares=st.lists(st.integers(1, 100), max_size=6),
    tiyn=TIYN,
    offset=TIYN,
    spent=st.tuples(st.integers(0, 5_000), st.integers(0, 4_000)),
    vat=st.sampled_from([0, 1_200, 1_600]),
)
def test_the_parts_of_an_amount_are_the_amount(
    shares: list[int], tiyn: int, offset: int, spent: tuple[int, int], vat: int
) -> None:
    """Goal: nothing is lost down the chain. Method: any shares, costs and sums."""
    costs = Costs(*spent, 2_000)
    parts = divide(_chain(shares), 0, tiyn, costs, vat_bp=vat, offset_tiyn=offset)
    own = (parts.materials_tiyn, parts.wages_tiyn, parts.tax_tiyn, parts.rest_tiyn)
    assert min(own) >= 0
    assert sum(own) + sum(part for _, part in parts.passed_on) == tiyn


@given(
    weights=st.lists(st.integers(1, 10_000), min_size=1, max_size=60),
    tiyn=TIYN,
)
def test_the_stages_of_a_price_are_the_price_and_never_ahead_of_progress(
    weights: list[int], tiyn: int
) -> None:
    """Goal: an honest act is within progress. Method: what the first stages get."""
    stages = [Stage(number, weight, 1, 0, 0, 0) for number, weight in enumerate(weights, start=1)]
    parts = spread(tiyn, stages)
    assert sum(parts.values()) == tiyn
    given_tiyn, done = 0, 0
    for stage in stages:
        given_tiyn += parts[stage.number]
        done += stage.weight_bp
        assert given_tiyn * sum(weights) <= tiyn * done


@given(tiyn=TIYN, rate=st.sampled_from([1_200, 1_600]))
def test_vat_within_a_price_is_vat_on_the_rest(tiyn: int, rate: int) -> None:
    """Goal: 16 % of the net is in the gross. Method: the definition, within a tiyn's rounding."""
    vat = vat_within(tiyn, rate)
    assert 0 <= (tiyn - vat) * rate - vat * 10_000 < 10_000 + rate
