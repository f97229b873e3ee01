"""What a scenario says about mining: who owns the machines, what they draw, what they cost.

Power is stated in MW, machines in joules a tera-hash, capital in dollars a tera-hash a
second, as the trade does; prices of power in tenge a kilowatt-hour.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tengesim.clock import DAY_US
from tengesim.market.network import THS_PER_EHS, NetworkSection
from tengesim.money import BP
from tengesim.parameter import (
    Amount,
    Day,
    Dollars,
    DurationValue,
    Identifier,
    Number,
    Rate,
    Section,
    Sourced,
    refusal,
)

__all__ = [
    "FleetSection",
    "LicensedSection",
    "MiningMode",
    "MiningSection",
    "PlantSection",
    "PoolSection",
    "PowerSection",
]

_WATT_PER_MW = 10**6

MiningMode = Literal["state_fleet", "energy_for_coin", "share_in_kind"]


def _at_least(number: Sourced[Number], name: str, least: Decimal | int, *, is_open: bool) -> None:
    """Refuse a number below `least`, and `least` itself where the range `is_open`."""
    if number.value < least or (is_open and number.value == least):
        raise refusal(
            "RANGE",
            f"{name} is {number.value}",
            expected=f"more than {least}" if is_open else f"{least} or more",
            at=(name, "value"),
        )


class FleetSection(Section):
    """Machines of one kind, bought on one day."""

    power: Sourced[Number] = Field(description="MW they draw while they run.")
    efficiency: Sourced[Number] = Field(description="J/TH when they were new.")
    bought: Day
    schedule_source: Annotated[str, Field(min_length=1, max_length=500)]
    life: Sourced[DurationValue] = Field(description="Time after which they are scrap.")
    wear: Sourced[Rate] = Field(description="Share of the hash rate that is lost a year.")
    uptime: Sourced[Rate] = Field(description="Share of the time in which they run.")
    capital: Sourced[Dollars] = Field(
        description="For each TH/s, paid in equal parts over their life."
    )
    hosting: Sourced[Amount] = Field(description="Buildings, cooling, staff: tenge a kWh.")

    @model_validator(mode="after")
    def _is_a_machine(self) -> Self:
        _at_least(self.power, "power", 0, is_open=False)
        _at_least(self.efficiency, "efficiency", 0, is_open=True)
        if self.life.value.unit != "us" or self.life.value.value < DAY_US:
            raise refusal(
                "DURATION",
                f"the life of the machines is {self.life.value}",
                expected="a day or more, such as 1461 days",
                at=("life", "value"),
            )
        return self

    def watts(self) -> int:
        """Return the power drawn while they run."""
        return int(self.power.value * _WATT_PER_MW)

    def start_ths(self) -> int:
        """Return the hash rate when they were new: watts over joules a tera-hash."""
        return int(self.power.value * _WATT_PER_MW // self.efficiency.value)


class PowerSection(Section):
    """What power costs, how much there is, and when the grid needs it itself."""

    tariff: Sourced[Amount] = Field(description="Tenge a kWh that the miner pays.")
    import_by_day: Sourced[Amount] = Field(description="Tenge a kWh imported, 07:00 to 23:00.")
    import_by_night: Sourced[Amount] = Field(description="Tenge a kWh imported at night.")
    imported: Sourced[Rate] = Field(
        description="Share of the power for mining that the country has to import."
    )
    grid_limit: Sourced[Number] = Field(description="MW that the grid can give to mining.")
    curtailed_months: Annotated[
        tuple[Annotated[int, Field(ge=1, le=12)], ...], Field(strict=False)
    ] = ()
    curtailed: Sourced[Rate] = Field(
        description="Share of the time in these months in which the grid takes the power back."
    )
    schedule_source: Annotated[str, Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _is_a_grid(self) -> Self:
        _at_least(self.grid_limit, "grid_limit", 0, is_open=False)
        return self


class PoolSection(Section):
    """The pool in which the fleets mine, and whether its luck is drawn."""

    share: Sourced[Rate] = Field(description="Share of the network's hash rate in the pool.")
    fee: Sourced[Rate] = Field(description="Share of the reward that the pool keeps.")
    luck: bool = Field(
        default=True,
        description="Whether chance decides which blocks the pool finds; if not, it finds its"
        " share of each.",
    )

    @model_validator(mode="after")
    def _is_a_pool(self) -> Self:
        if not self.share.value:
            raise refusal(
                "RANGE",
                "the pool has no share of the network",
                expected="more than 0 %",
                at=("share", "value"),
            )
        return self


class PlantSection(Section):
    """A power plant that an investor rebuilds, most of whose output goes to the grid."""

    capacity: Sourced[Number] = Field(description="MW that the plant gains.")
    availability: Sourced[Rate] = Field(description="Share of the time in which it runs.")
    to_grid: Sourced[Rate] = Field(description="Share of its output that the grid receives.")

    @model_validator(mode="after")
    def _is_a_plant(self) -> Self:
        _at_least(self.capacity, "capacity", 0, is_open=True)
        return self


class LicensedSection(Section):
    """Private licensed miners beside the scheme: they draw power and pay the fee."""

    power: Sourced[Number] = Field(description="MW they draw on average.")

    @model_validator(mode="after")
    def _is_a_load(self) -> Self:
        _at_least(self.power, "power", 0, is_open=False)
        return self


class MiningSection(Section):
    """Mining from which the state gets coins.

    `state_fleet`: the state's machines and the state's costs, all coins. `energy_for_coin`: state
    power firms deliver to private miners and take coins worth `energy_price`. `share_in_kind`:
    private miners hand over `state_share` of their coins instead of fee and tax.
    """

    mode: MiningMode
    operator: Identifier = Field(description="Who acts for the state.")
    network: NetworkSection
    fleets: dict[Identifier, FleetSection] = Field(min_length=1)
    power: PowerSection
    pool: PoolSection
    fee: Sourced[Amount] = Field(description="Digital mining fee, tenge a kWh.")
    profit_tax: Sourced[Rate] = Field(description="Tax on coins received less their costs.")
    displaced: Sourced[Rate] = Field(
        description="Share of the fleets' hash rate that drives others out of the network: 100 %"
        " where the price alone decides how many miners the world can feed."
    )
    stops_at_a_loss: bool = Field(
        description="Whether machines rest on days on which a coin costs more than it earns."
    )
    appropriation: Sourced[Amount] = Field(
        description="What the budget gives for costs over the whole horizon, at most."
    )
    energy_price: Sourced[Amount] | None = Field(
        default=None, description="Tenge a kWh that miners pay in coins (`energy_for_coin`)."
    )
    state_share: Sourced[Rate] | None = Field(
        default=None, description="Share of the coins handed over (`share_in_kind`)."
    )
    plant: PlantSection | None = Field(
        default=None, description="The plant that feeds the fleets: the 70/30 model."
    )
    licensed: LicensedSection | None = None

    @property
    def is_paid_by_budget(self) -> bool:
        """Return whether the budget pays for what the fleets need."""
        return self.mode != "share_in_kind" and any(
            fleet.power.value for fleet in self.fleets.values()
        )

    @model_validator(mode="after")
    def _states_what_its_mode_needs(self) -> Self:
        for name, mode in (("energy_price", "energy_for_coin"), ("state_share", "share_in_kind")):
            is_stated = getattr(self, name) is not None
            if is_stated and self.mode != mode:
                raise refusal(
                    "VALUE",
                    f"`{name}` says nothing under the mode {self.mode}",
                    expected=f"`{name}` with the mode {mode} only",
                    at=(name,),
                )
            if not is_stated and self.mode == mode:
                raise refusal(
                    "MISSING_KEY",
                    f"{name!r} is missing, which the mode {mode} needs",
                    do=f"add `{name}`",
                )
        return self

    @model_validator(mode="after")
    def _finds_its_power(self) -> Self:
        drawn = sum((fleet.power.value for fleet in self.fleets.values()), Decimal(0))
        limit = self.power.grid_limit.value
        if drawn > limit:
            raise refusal(
                "RANGE",
                f"the fleets draw {drawn} MW, the grid gives {limit} MW",
                expected="fleets within power.grid_limit",
                do="shrink the fleets or raise the limit",
                at=("fleets",),
            )
        if self.plant is not None:
            kept_bp = BP - self.plant.to_grid.value
            limit = self.plant.capacity.value * kept_bp // BP
            if drawn * BP > self.plant.capacity.value * kept_bp:
                raise refusal(
                    "RANGE",
                    f"the fleets draw {drawn} MW, the plant leaves them {limit} MW",
                    expected="fleets within the plant's share for mining",
                    do="shrink the fleets or enlarge the plant",
                    at=("plant", "capacity", "value"),
                )
        return self

    @model_validator(mode="after")
    def _fits_its_pool(self) -> Self:
        fleets_ths = sum(fleet.start_ths() for fleet in self.fleets.values())
        network_ths = int(self.network.hash_rate.value * THS_PER_EHS)
        if fleets_ths * BP > network_ths * self.pool.share.value:
            raise refusal(
                "RANGE",
                f"fleets of {fleets_ths:,} TH/s do not fit in the pool",
                expected="a pool with at least the hash rate of the fleets",
                at=("pool", "share", "value"),
            )
        return self
