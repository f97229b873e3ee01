"""Laws by which prices move: how each is described in a scenario, and what its figures mean.

The volatility stated for an asset is that of the whole law, whichever it is, so that laws can be
exchanged without a change of risk: jumps take their part of it, and regimes lie around it.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from tengesim.parameter import Count, Identifier, Number, Section, Sourced

__all__ = [
    "FREEDOM_MAX",
    "BootstrapSection",
    "GbmSection",
    "JumpSection",
    "Law",
    "MertonSection",
    "PriceColumns",
    "PriceTable",
    "RegimeSection",
    "RegimesSection",
    "StudentSection",
]

FREEDOM_MAX: Final = 30
"""Degrees of freedom beyond which Student's law is hardly told from the normal."""


class PriceTable(NamedTuple):
    """Daily prices as columns; every day is there once, and every price is positive."""

    days: NDArray[np.int64]
    """Days since 1970, one after the other."""
    prices: Mapping[str, NDArray[np.float64]]
    """Price of each asset on each day."""


class GbmSection(Section):
    """Geometric Brownian motion: returns are normal and know nothing of one another."""

    kind: Literal["gbm"]


class StudentSection(Section):
    """Returns by Student's law: bad days come together for all assets, and are worse."""

    kind: Literal["student_t"]
    freedom: Sourced[Annotated[Count, Field(ge=3, le=FREEDOM_MAX)]] = Field(
        description="Degrees of freedom; the fewer, the fatter the tails."
    )


class JumpSection(Section):
    """By how much the price of one asset jumps, as a logarithm."""

    mean: Sourced[Number] = Field(description="Mean logarithm, such as -0.05.")
    spread: Sourced[Number] = Field(description="Standard deviation of the logarithm.")


class MertonSection(Section):
    """Jumps laid over Brownian motion; they come to all assets named at the same time."""

    kind: Literal["merton"]
    yearly: Sourced[Number] = Field(description="Jumps a year.")
    sizes: dict[Identifier, JumpSection]


class RegimeSection(Section):
    """A time of one volatility."""

    volatility: Sourced[Number] = Field(description="Volatility relative to the other regimes.")
    stays: Sourced[Annotated[Count, Field(ge=1, le=10_000)]] = Field(
        description="Mean days until it ends; the next is any of the others."
    )


class RegimesSection(Section):
    """Calm and wild times: all assets share the regime of the day."""

    kind: Literal["regimes"]
    regimes: Annotated[tuple[RegimeSection, ...], Field(strict=False, min_length=2, max_length=10)]
    first: Annotated[Count, Field(ge=0)] = Field(
        default=0, description="Place in the list of the regime on the first day, from 0."
    )


class PriceColumns(Section):
    """Which column of a table holds what; other columns are not read."""

    date: Identifier
    prices: dict[Identifier, Identifier] = Field(description="Asset: its column.")


class BootstrapSection(Section):
    """Blocks of days out of a table of past prices, all assets together.

    The mean return of the table is taken out, since past growth says nothing of growth to come;
    volatilities and correlations are the table's own, and what the scenario states of them rests.
    """

    kind: Literal["bootstrap"]
    file: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")] = (
        Field(description="CSV of daily prices, beside the scenario or below it.")
    )
    columns: PriceColumns
    block: Sourced[Annotated[Count, Field(ge=1, le=365)]] = Field(
        description="Mean days that are taken together."
    )
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = Field(
        default="", description="Digest of what was read; written when the scenario is resolved."
    )
    _table: PriceTable | None = PrivateAttr(default=None)
    _folder: str = PrivateAttr(default="")

    @property
    def table(self) -> PriceTable | None:
        """What was read, where the scenario was loaded from its file."""
        return self._table

    @property
    def folder(self) -> str:
        """Where the file lies, so that it can be read again; empty where nobody knows."""
        return self._folder

    def attach(self, table: PriceTable | None, folder: str) -> None:
        """Keep what was read, and where, with the section; neither is a part of its value."""
        self._table = table
        self._folder = folder


Law = Annotated[
    GbmSection | StudentSection | MertonSection | RegimesSection | BootstrapSection,
    Field(discriminator="kind"),
]
"""One law for all assets, since they move together."""
