"""The economy of people: who holds what, who pays them, and how they pay one another.

Everything is assembled here from its parts and from nothing else: people and firms, their accounts
and opening money, banks, wallets, purses, income, and the checkout that answers their wants.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tengesim.engine.checkout import Checkout
from tengesim.engine.equipment import Equipment
from tengesim.engine.opening import open_accounts, open_money
from tengesim.engine.party_rows import PartyRows
from tengesim.engine.rails import CashRail, DepositRail, Teller, Till
from tengesim.engine.refunds import Refunds, stratum_of, terms_of
from tengesim.engine.reviews import Limit, Reviews
from tengesim.engine.voucher_offices import open_vouchers
from tengesim.errors import InvariantError
from tengesim.institutions import wallets as platforms
from tengesim.institutions.banks import Credits
from tengesim.institutions.customers import NO_ACCOUNT, Customers
from tengesim.institutions.freezes import Watches, review
from tengesim.institutions.freezes import build as build_freezes
from tengesim.institutions.income import build as incomes
from tengesim.institutions.offline import build as purses
from tengesim.institutions.offline.office import Office
from tengesim.institutions.outages import Outages, Tills
from tengesim.institutions.treasury import Treasury
from tengesim.institutions.wallets import Platform, Purses
from tengesim.journal.events import Rows
from tengesim.ledger import parties
from tengesim.payment import (
    AccountId,
    NameId,
    RetailWant,
)
from tengesim.population import society as societies
from tengesim.population import wallets as holdings
from tengesim.population.columns import People, Society
from tengesim.population.society_model import SocietySection
from tengesim.population.wallets import NO_TIER, Wallets
from tengesim.ports import Ports, Rail
from tengesim.retail import strata as everyday_strata
from tengesim.retail.behaviour import WITHDRAWAL, EverydaySection
from tengesim.retail.carry import Carry
from tengesim.retail.choice import CASH, DEPOSIT, DIGITAL, MARKED, OFFLINE, Habits
from tengesim.retail.tape import RetailStratum
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams, chance

__all__ = ["Economy", "build"]

_AT_ONCE: Final = 1 << 16
"""People who are asked for their habits together: their words fit in the processor's cache."""

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Economy:
    """What a world needs of its economy: wants, who answers them, and what watches the log."""

    strata: tuple[RetailStratum, ...]
    answer: Callable[[RetailWant], None] | None
    folds: tuple[Callable[[Rows], None], ...]
    equipment: Equipment | None
    purses: Purses | None = None
    """Where marked money of people is registered, in a world with wallets."""


@dataclass(frozen=True, slots=True)
class _Site:
    """What every part is built from."""

    scenario: Scenario
    streams: Streams
    ports: Ports
    society: Society
    customers: Customers
    availability: Outages
    first_name: NameId
    """Name of party 0; the others follow."""


def build(
    scenario: Scenario,
    section: SocietySection,
    streams: Streams,
    ports: Ports,
    *,
    owner: Treasury,
    rows: PartyRows | None = None,
) -> Economy:
    """Put people into the world; `owner` holds the money that benefits are paid from.

    What compiled code keeps beside the money of parties is kept in `rows`.
    """
    shares_bp = [bank.share.value for bank in scenario.banks.second_tier]
    society = societies.build(
        section,
        scenario.population.scale,
        shares_bp,
        streams,
        has_wages=scenario.income is not None,
    )
    everyday = None
    if scenario.retail is not None and scenario.retail.imported is None:
        # A table of real payments takes the place of the tape.
        everyday = scenario.retail.everyday
    with ThreadPoolExecutor(1) as beside:
        # Neither needs the other, and each takes seconds in a whole country.
        given = beside.submit(_wallets, scenario, society, streams, rows)
        # Before anybody is named: an intent has room for small numbers of strata only.
        strata = _strata(scenario, everyday, society, streams, ports)
        columns = given.result()
    carry = Carry() if strata and scenario.retail and scenario.retail.refunds else None
    if carry is not None:
        strata.append(stratum_of(carry, scenario.clock, ports))
    people, society = society.people, society.settled()
    site = _site(scenario, society, columns, streams, ports, rows=rows)
    _open_money(site, people, _income(site, owner))
    # What people begin with is in their accounts, and room for others.
    del people
    Credits(site.customers, site.availability, ports)
    platform = _platform(site, columns, rows)
    _give_vouchers(site, owner, platform)
    rails = dict(_rails(site, platform))
    folds = () if platform is None else (platform.watch.consume,)
    registered = None if platform is None else platform.purses
    if everyday is None:
        return Economy(tuple(strata), None, folds, None, registered)
    is_digital = _digital_by_habit(site, everyday)
    refunds = _refunds(site, carry, platform)
    answer, reviewed = _answer(site, everyday, rails, is_digital, refunds=refunds)
    watches = _watches(site, answer, registered)
    return Economy(
        tuple(strata),
        watches.answer if scenario.watches else answer,
        folds,
        Equipment(
            customers=site.customers,
            outages=site.availability,
            wallets=columns,
            withdrawal=ports.names.id(WITHDRAWAL),
            cash_bp=everyday.choice.cash.value,
            is_digital=is_digital,
            has_device=_devices(site, rails),
            purses=registered,
            watched=[*watches.parties, *reviewed],
            refunds=None if refunds is None else refunds.terms,
            carry=carry,
        ),
        registered,
    )


def _strata(
    scenario: Scenario,
    everyday: EverydaySection | None,
    society: Society,
    streams: Streams,
    ports: Ports,
) -> list[RetailStratum]:
    """Return what everyday wants are drawn from, where there are any."""
    if everyday is None:
        return []
    days = scenario.clock.days()
    return [
        *everyday_strata.build(everyday, society, streams, ports.names, ports.calendar, dates=days)
    ]


def _give_vouchers(site: _Site, owner: Treasury, platform: Platform | None) -> None:
    open_vouchers(
        site.scenario,
        site.society,
        site.customers,
        site.streams,
        site.ports,
        owner=owner,
        platform=platform,
        availability=site.availability,
    )


def _refunds(site: _Site, carry: Carry | None, platform: Platform | None) -> Refunds | None:
    """Return what gives back money; None where nothing comes back."""
    registered = None if platform is None else platform.purses
    section = None if site.scenario.retail is None else site.scenario.retail.refunds
    if carry is None or section is None:
        return None
    custody = None if platform is None else platform.custody
    terms = terms_of(section, site.customers, site.ports.names)
    return Refunds(terms, carry, _till(site), custody, purses=registered)


def _watches(
    site: _Site, answer: Callable[[RetailWant], None], registered: Purses | None
) -> Watches:
    """Start whoever freezes accounts; return what looks at the payments of the watched."""

    def purses_of(party: int) -> list[AccountId]:
        if registered is None or not registered.has_one(party):
            return []
        return [purse.account for purse in registered.of(party)]

    return build_freezes(
        site.scenario.freezes,
        site.scenario.watches,
        site.customers,
        site.ports,
        streams=site.streams,
        purses_of=purses_of,
        answer=answer,
    )


def _site(
    scenario: Scenario,
    society: Society,
    columns: Wallets | None,
    streams: Streams,
    ports: Ports,
    *,
    rows: PartyRows | None,
) -> _Site:
    """Open an account for everybody, and say which systems and tills can be reached when."""
    people, merchants = len(society.people.household), len(society.merchants.region)
    employers = len(society.employers.region)
    central, name = scenario.banks.national_bank, ports.names.id
    first_name = _name_parties(people, merchants, employers, ports)
    count = people + merchants + employers
    banks = tuple(bank.id for bank in scenario.banks.second_tier)
    bank = np.concatenate((society.people.bank, society.merchants.bank, society.employers.bank))
    has_wallet = np.zeros(count, dtype=np.bool_)
    if columns is not None:
        has_wallet[:people] = columns.tier != NO_TIER
        has_wallet[people : people + merchants] = society.merchants.accepts_digital
    has_cash = np.zeros(count, dtype=np.bool_)
    has_cash[: people + merchants] = True
    # Whoever is named first has the smaller number: banks, the national bank, regions.
    keepers = np.array([name(one) for one in banks], dtype=np.int64)
    keeper = np.array([name(central)], dtype=np.int64)
    region_names = np.array([name(code) for code in society.regions], dtype=np.int64)
    region = np.concatenate(
        (society.people.region, society.merchants.region, society.employers.region)
    )
    ports.ledger.open_parties(first_name, count)
    if rows is not None:
        rows.describe(first_name, region, bank, columns)
    opened = partial(open_accounts, ports.ledger, bank=bank)
    customers = Customers(
        name=society.party_name,
        region_index=region,
        region_names=region_names,
        people=people,
        first_employer=people + merchants,
        count=count,
        national_bank=central,
        banks=banks,
        bank=bank,
        deposit=opened(parties.DEPOSIT, np.broadcast_to(np.True_, count), keepers),
        cash=opened(parties.CASH, has_cash, keeper),
        wallet=opened(parties.WALLET, has_wallet, keeper),
    )
    coverage = None
    if scenario.offline is not None:
        coverage = Tills(
            scenario.offline.coverage,
            society.merchants.is_urban,
            first_party=people,
            streams=streams,
        )
    availability = Outages(scenario.outages, ports.calendar, coverage)
    return _Site(scenario, streams, ports, society, customers, availability, first_name)


def _name_parties(people: int, merchants: int, employers: int, ports: Ports) -> NameId:
    """Name everybody as `Society.party_name` does; return the name of the first party."""
    block = ports.names.block
    first_name = block("person-", 8, people)
    following = (block("merchant-", 7, merchants), block("employer-", 5, employers))
    if following != (first_name + people, first_name + people + merchants):
        raise InvariantError(f"the parties have no names in a row: {first_name}, {following}")
    return first_name


def _income(site: _Site, owner: Treasury) -> Whole:
    """Start income; fund the benefits and return what each employer owes in the horizon."""
    scenario = site.scenario
    if scenario.income is None:
        return np.zeros(len(site.society.employers.region), dtype=np.int64)
    start, end, treasury = scenario.clock.start, scenario.clock.end, scenario.treasury.id
    income = incomes.build(
        scenario.income,
        site.society,
        site.ports,
        streams=site.streams,
        treasury=treasury,
        start=start,
        end=end,
    )
    due = income.due(start, end)
    owner.fund("income", due.benefits_tiyn)
    return due.wages_tiyn


def _open_money(site: _Site, people: People, wages_tiyn: Whole) -> None:
    ratio = site.scenario.banks.reserve_ratio
    open_money(
        site.customers,
        site.ports,
        deposits_tiyn=people.deposit_tiyn,
        wages_tiyn=wages_tiyn,
        cash_tiyn=people.cash_tiyn,
        reserve_ratio_bp=None if ratio is None else ratio.value,
    )


def _platform(site: _Site, columns: Wallets | None, rows: PartyRows | None) -> Platform | None:
    section = site.scenario.wallets
    if section is None or columns is None:
        return None
    return platforms.build(
        section,
        site.customers,
        columns,
        site.ports,
        availability=site.availability,
        streams=site.streams,
        days=site.scenario.clock.days(),
        first_name=site.first_name,
        usage=None if rows is None else rows.counters(site.first_name, len(section.levels)),
    )


def _wallets(
    scenario: Scenario, society: Society, streams: Streams, rows: PartyRows | None
) -> Wallets | None:
    """Return who has which wallet; whoever is given something in one has one in any case."""
    section = scenario.wallets
    if section is None:
        return None
    enrolled = None
    if section.recipients_of:
        enrolled = np.any([society.is_member(one) for one in section.recipients_of], axis=0)
    room = None if rows is None else rows.reserve(society.party_count())
    return holdings.build(section, society.people, streams, enrolled=enrolled, room=room)


def _rails(site: _Site, platform: Platform | None) -> Iterator[tuple[str, Rail]]:
    """Yield the ways to pay that this world has."""
    till = _till(site)
    yield DEPOSIT, DepositRail(till)
    yield CASH, CashRail(till)
    if platform is None:
        return
    yield MARKED, platform.marked
    yield DIGITAL, platform.rail
    scenario, society = site.scenario, site.society
    if scenario.offline is not None:
        yield (
            OFFLINE,
            purses.build(
                scenario.offline,
                site.customers,
                purses.Places(
                    region=society.people.region,
                    merchant_region=society.merchants.region,
                    accepts_offline=society.merchants.accepts_offline,
                    region_names=society.regions,
                ),
                site.ports,
                availability=site.availability,
                streams=site.streams,
                room=platform.custody.room_of,
                start=scenario.clock.start,
                end=scenario.clock.end,
                book=scenario.rule_books.get(scenario.offline.rule_book or ""),
            ),
        )


def _till(site: _Site) -> Till:
    ports = site.ports
    return Till(
        ledger=ports.ledger,
        names=ports.names,
        bulletin=ports.bulletin,
        customers=site.customers,
        availability=site.availability,
    )


def _digital_by_habit(site: _Site, everyday: EverydaySection) -> NDArray[np.bool_]:
    """Return which people pay in digital tenge by habit."""
    count, wallets = site.customers.people, site.customers.wallet
    is_digital = np.empty(count, dtype=np.bool_)
    for start in range(0, count, _AT_ONCE):
        people = np.arange(start, min(start + _AT_ONCE, count))
        likes = chance(
            site.streams.words("retail.digital_habit", people), everyday.choice.digital.value
        )
        is_digital[people] = likes & (wallets[people] != NO_ACCOUNT)
    return is_digital


def _devices(site: _Site, rails: dict[str, Rail]) -> NDArray[np.bool_]:
    """Return which parties have a purse or a till that works offline."""
    has_device = np.zeros(site.customers.count, dtype=np.bool_)
    offline = rails.get(OFFLINE)
    if isinstance(offline, Office):
        has_device[offline.parties()] = True
    return has_device


def _answer(
    site: _Site,
    everyday: EverydaySection,
    rails: dict[str, Rail],
    is_digital: NDArray[np.bool_],
    *,
    refunds: Refunds | None,
) -> tuple[Callable[[RetailWant], None], Iterable[int]]:
    """Return what answers everyday wants, and whose purchases may be put on hold."""
    name = site.ports.names.id
    habits = Habits(everyday.choice.cash.value, is_digital.astype(np.uint8).tobytes())
    checkout = Checkout(
        _till(site),
        rails,
        habits.order,
        teller=Teller(_till(site)),
        withdrawal=name(WITHDRAWAL),
        refunds=refunds,
    )
    ordered = review(site.scenario.watches, site.customers, site.ports, streams=site.streams)
    if not ordered:
        return checkout.answer, ()
    limits = {
        party: Limit(section.id, section.threshold.value) for party, section in ordered.items()
    }
    undone = {name(WITHDRAWAL)} | ({refunds.terms.purpose} if refunds else set())
    reviews = Reviews(
        limits,
        _till(site),
        rails,
        habits.order,
        answer=checkout.answer,
        undone=frozenset(undone),
    )
    return reviews.answer, limits
