"""The scenario: one complete study question as frozen sections, each owned by its package."""

import datetime
import operator
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from tengesim.clock import Calendar
from tengesim.institutions.banks import BanksSection
from tengesim.institutions.confiscation.model import ConfiscationSection
from tengesim.institutions.freezes import FreezeSection, WatchSection
from tengesim.institutions.income.model import IncomeSection
from tengesim.institutions.mining.model import MiningSection
from tengesim.institutions.offline.model import OfflineSection
from tengesim.institutions.outages import OutageSection
from tengesim.institutions.procurement.model import ProcurementSection
from tengesim.institutions.purchases import PurchasesSection, SuppliesSection
from tengesim.institutions.reserve.model import ReserveSection
from tengesim.institutions.social.model import MealsSection
from tengesim.institutions.treasury import TreasurySection
from tengesim.institutions.vouchers import VoucherSection
from tengesim.journal.keeping import LogMode
from tengesim.market.model import MarketSection
from tengesim.metrics.model import FinanceSection
from tengesim.parameter import Amount, Count, Day, Identifier, Section, Sourced, refusal
from tengesim.population.model import PopulationSection
from tengesim.population.wallets_model import WalletsSection
from tengesim.retail.behaviour import RetailSection
from tengesim.retail.model import MealsBehaviour
from tengesim.rules.model import MarkSection, RuleBook
from tengesim.rules.terms import day_number

__all__ = ["KIOSK_PREFIX", "ArmSection", "ClockSection", "RunSection", "Scenario", "StudySection"]

FIRST_DAY: Final = datetime.date(2000, 1, 1)
LAST_DAY: Final = datetime.date(2088, 12, 31)
"""Hours since 1970 fit the 20 bits that an intent has for them until 2089."""

KIOSK_PREFIX: Final = "kiosk-"
"""What the names of kiosks begin with; everybody else who is paid is a caterer."""

_Text = Annotated[str, Field(min_length=1, max_length=2_000)]


class OffsetSection(Section):
    """Local time is this far ahead of UTC from a day on."""

    since: Day = Field(alias="from")
    utc_offset: Annotated[str, Field(pattern=r"^[+-](0[0-9]|1[0-4]):(00|15|30|45)$")]
    source: _Text

    def offset_us(self) -> int:
        """Return the offset in microseconds."""
        sign = -1 if self.utc_offset[0] == "-" else 1
        hours, minutes = (int(part) for part in self.utc_offset[1:].split(":"))
        return sign * (hours * 60 + minutes) * 60_000_000


class HolidaySection(Section):
    """A working day on which offices and schools are closed."""

    day: Day
    name: _Text
    source: _Text


class ClockSection(Section):
    """The horizon, from the first day to before the last, and the calendar it lies in."""

    start: Day
    end: Day
    offsets: Annotated[tuple[OffsetSection, ...], Field(strict=False, min_length=1)]
    holidays: Annotated[tuple[HolidaySection, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end <= self.start:
            raise refusal(
                "END_BEFORE_START",
                f"the horizon ends on {self.end}, not after its start on {self.start}",
                expected="end after start; the end day itself is not simulated",
                at=("end",),
            )
        for name in ("start", "end"):
            if not FIRST_DAY <= getattr(self, name) <= LAST_DAY:
                raise refusal(
                    "RANGE",
                    f"{getattr(self, name)} lies outside the days that can be simulated",
                    expected=f"{FIRST_DAY} to {LAST_DAY}",
                    at=(name,),
                )
        return self

    def calendar(self) -> Calendar:
        """Return the calendar of the horizon."""
        return Calendar(
            offsets=tuple((entry.since, entry.offset_us()) for entry in self.offsets),
            holidays=frozenset(holiday.day for holiday in self.holidays),
        )

    def days(self) -> list[datetime.date]:
        """Return the days of the horizon."""
        count = (self.end - self.start).days
        return [self.start + datetime.timedelta(days=number) for number in range(count)]


class ArmSection(Section):
    """One arm of a study: what differs between arms is evidence and money, never people."""

    id: Identifier
    scenario: Identifier
    label: _Text


class StudySection(Section):
    """The arms that belong together, in the order in which effects are told apart."""

    arms: Annotated[tuple[ArmSection, ...], Field(strict=False, min_length=1)]


class RunSection(Section):
    """How a run is carried out; it stands outside the scenario digest."""

    log: LogMode = Field(
        default="full",
        description="What is kept of the log: every row; the rows of institutions; or these and"
        " all rows of one in `sample` of the others. Digest and cube are the same in each.",
    )
    sample: Annotated[Count, Field(ge=1, le=1_000_000)] = Field(
        default=100,
        description="Of how many payments and people a sampled log keeps one.",
    )


def _absent() -> Any:  # noqa: ANN401 - the default of a section, whatever it is
    """Return the default of a section of which a scenario without it says nothing, digest too."""
    return Field(default=None, exclude_if=lambda stated: stated is None)


class Scenario(Section):
    """One complete file: everything that a run needs besides the version of this program."""

    format: Literal[1]
    name: Annotated[Identifier, Field(pattern=r"^[a-z0-9_]+$")]
    title: _Text
    question: _Text
    seed: Annotated[Count, Field(le=2**63 - 1)]
    region: Identifier
    mci: Sourced[Amount] = Field(description="Monthly calculation index, the unit of 3 MCI.")
    clock: ClockSection
    population: PopulationSection
    banks: BanksSection
    treasury: TreasurySection
    finance: FinanceSection
    marks: dict[Identifier, MarkSection] = Field(default_factory=dict)
    rule_books: dict[Identifier, RuleBook] = Field(default_factory=dict)
    programmes: dict[Identifier, MealsSection] = Field(default_factory=dict)
    behaviour: dict[Identifier, MealsBehaviour] = Field(default_factory=dict)
    retail: RetailSection | None = None
    income: IncomeSection | None = None
    wallets: WalletsSection | None = None
    vouchers: dict[Identifier, VoucherSection] = Field(
        # A scenario without vouchers is the same scenario as before there were any.
        default_factory=dict,
        exclude_if=operator.not_,
    )
    offline: OfflineSection | None = None
    market: MarketSection | None = _absent()
    reserve: ReserveSection | None = _absent()
    confiscation: ConfiscationSection | None = _absent()
    mining: MiningSection | None = _absent()
    procurement: ProcurementSection | None = _absent()
    purchases: dict[Identifier, PurchasesSection] = Field(
        default_factory=dict, exclude_if=operator.not_
    )
    supplies: dict[Identifier, SuppliesSection] = Field(
        default_factory=dict, exclude_if=operator.not_
    )
    outages: Annotated[tuple[OutageSection, ...], Field(strict=False)] = ()
    freezes: Annotated[
        tuple[FreezeSection, ...], Field(strict=False, exclude_if=operator.not_)
    ] = ()
    watches: Annotated[tuple[WatchSection, ...], Field(strict=False, exclude_if=operator.not_)] = ()
    study: StudySection | None = None
    run: RunSection = RunSection()

    @property
    def has_people(self) -> bool:
        """Return whether people live in this world, besides the pupils of a programme."""
        return self.population.people is not None

    @property
    def has_budget(self) -> bool:
        """Return whether a budget year is played."""
        return self.treasury.budget is not None

    def book_of(self, programme: str) -> RuleBook:
        """Return the rule book that decides about the wants of `programme`.

        All money of a mark is issued under one version of its book, which the load makes sure of.
        """
        section = self.programmes[programme]
        if section.money == "marked" and section.marked is not None:
            book = self.rule_books[self.marks[section.marked.mark].rule_book]
            issued = section.issued(self.clock.calendar())
            return book.edition(day_number(issued[0] if issued else section.term.first))
        return self.rule_books[section.rule_book or ""]

    def book_of_voucher(self, voucher: str) -> RuleBook | None:
        """Return the rule book of the money of `voucher`; None where benefits are paid instead."""
        section = self.vouchers[voucher]
        if section.marked is None:
            return None
        book = self.rule_books[self.marks[section.marked.mark].rule_book]
        return book.edition(day_number(section.term.first))

    def category_of(self, programme: str, payee: str) -> str:
        """Return the merchant category (ISO 18245) under which `payee` is paid by `programme`.

        Payments between people and firms are under no programme, and no rule asks for theirs.
        """
        if programme not in self.programmes:
            return ""
        if payee.startswith(KIOSK_PREFIX):
            return self.behaviour[programme].kiosk_category
        return self.programmes[programme].category
