"""What vouchers need of the rest of a scenario: people, wallets, marks, and rules that can be run.

Apart from the other references, because a voucher joins what those keep apart: people and marks.
"""

import datetime
from collections.abc import Iterator
from typing import Final

from tengesim.clock import DAY_US, format_time_of_day
from tengesim.codes import Evidence
from tengesim.errors import Finding
from tengesim.institutions.vouchers import VoucherMarkSection, VoucherSection
from tengesim.institutions.vouchers.build import months_of
from tengesim.money import BP, SUPPLY_MAX_TIYN, format_amount
from tengesim.population.society import person_count
from tengesim.population.society_model import SocietySection
from tengesim.rules.model import MarkSection, RuleBook
from tengesim.rules.nesting import Shown
from tengesim.rules.procedures import MintsReward, Schedules
from tengesim.rules.steps import procedure_of, scheduled_us
from tengesim.rules.terms import OperationName, day_number
from tengesim.scenario.model import Scenario
from tengesim.scenario.references import compiled, known

__all__ = ["check_vouchers"]

Located = tuple[str, Finding]

_ASKED: Final = frozenset({OperationName.DISTRIBUTE, OperationName.PAY})
_SHOWN: Final = {
    OperationName.DISTRIBUTE: Shown(
        Evidence.BENEFICIARY_ELIGIBLE | Evidence.CONSENT_GIVEN,
        untold=frozenset({"merchant_category_in", "payee_in", "payee_not_listed"}),
    ),
    OperationName.PAY: Shown(
        Evidence.CHANNEL_COUNTER
        | Evidence.CHANNEL_REMOTE
        | Evidence.TIER_1
        | Evidence.TIER_2
        | Evidence.TIER_3
    ),
}
"""What is seen of each use of a voucher's money."""
_PROCEDURES: Final = frozenset({"mints_reward", "return_on_expiry", "schedules"})
"""What the office of a voucher does."""
_TAKEN: Final = frozenset({"retail", "wages", "wallets"})
"""Programmes that rows of others are filed under."""


def check_vouchers(scenario: Scenario) -> Iterator[Located]:
    """Yield every finding about vouchers, with its path."""
    people = scenario.population.people
    benefits = scenario.income.benefits if scenario.income is not None else {}
    for voucher, section in scenario.vouchers.items():
        path = f"vouchers.{voucher}"
        if voucher in _TAKEN or voucher in scenario.programmes or voucher in benefits:
            message = f"{voucher!r} is the name of another programme"
            yield path, Finding("NAME_TWICE", message, expected="a name of its own")
        if people is None:
            yield path, _nothing_for("vouchers are given to people", "population.people")
        else:
            yield from _people(scenario, people, voucher, path)
        yield from _term(scenario, section, path)
        if section.marked is not None:
            yield from _marked(scenario, voucher, section, section.marked)
    yield from _enrolled(scenario)


def _nothing_for(message: str, needed: str) -> Finding:
    return Finding("WORLD_EMPTY", message, expected=f"a section `{needed}`", do=f"add `{needed}`")


def _people(
    scenario: Scenario, people: SocietySection, voucher: str, path: str
) -> Iterator[Located]:
    section = scenario.vouchers[voucher]
    families = [name for name, one in people.programmes.items() if one.kind == "families"]
    what = "programme for families"
    yield from known(f"{path}.recipients_of", section.recipients_of, families, what)
    for number, region in enumerate(section.regions):
        yield from known(f"{path}.regions.{number}", region, people.regions, "region of people")
    # Whoever gets it, nobody is a member of two families.
    persons = person_count(people, scenario.population.scale)
    months = len(list(months_of(section.term, scenario.clock.end)))
    book = scenario.book_of_voucher(voucher) if _is_known(scenario, section) else None
    most_tiyn = _most_tiyn(section, book)
    due_tiyn = persons * months * most_tiyn
    if due_tiyn + due_tiyn * scenario.treasury.appropriation_margin.value // BP > SUPPLY_MAX_TIYN:
        yield (
            f"{path}.per_member" if section.reward is None else f"{path}.reward.acts",
            Finding(
                "RANGE",
                f"vouchers for {persons:,} people cost more than {format_amount(SUPPLY_MAX_TIYN)}",
                expected="a budget that can be counted in 64 bits",
                do="lower the sum, the number of people or population.scale",
            ),
        )


def _is_known(scenario: Scenario, section: VoucherSection) -> bool:
    """Return whether there is the mark of a voucher, and its rule book."""
    mark = None if section.marked is None else scenario.marks.get(section.marked.mark)
    return mark is not None and mark.rule_book in scenario.rule_books


def _most_tiyn(section: VoucherSection, book: RuleBook | None) -> int:
    """Return the most that is given in a month for one person."""
    if section.per_member is not None:
        return section.per_member.value
    procedure = None if book is None else procedure_of(book, MintsReward)
    acts = 0 if section.reward is None else section.reward.acts.value
    return 0 if procedure is None else min(procedure.limit, acts * procedure.per_unit)


def _term(scenario: Scenario, section: VoucherSection, path: str) -> Iterator[Located]:
    first, clock = section.term.first, scenario.clock
    if not clock.start <= first < clock.end:
        yield (
            f"{path}.term.first",
            Finding(
                "OUTSIDE_HORIZON",
                f"the first voucher is of {first}",
                expected=f"a day from {clock.start} to before {clock.end}",
                do="move the term, or the horizon in `clock`",
            ),
        )


def _marked(
    scenario: Scenario, voucher: str, section: VoucherSection, terms: VoucherMarkSection
) -> Iterator[Located]:
    path = f"vouchers.{voucher}.marked"
    if scenario.wallets is None:
        yield path, _nothing_for("marked money is paid between wallets", "wallets")
    yield from known(f"{path}.mark", terms.mark, scenario.marks, "mark")
    mark = scenario.marks.get(terms.mark)
    if mark is None:
        return
    if mark.programme != voucher:
        yield (
            f"{path}.mark",
            Finding(
                "NAME_UNKNOWN",
                f"mark {terms.mark!r} belongs to programme {mark.programme!r}",
                expected=f"a mark whose programme is {voucher!r}",
            ),
        )
    if mark.return_account != scenario.treasury.id:
        yield (
            f"marks.{terms.mark}.return_account",
            Finding(
                "NAME_UNKNOWN",
                f"unspent money cannot return to {mark.return_account!r}",
                expected=f"the Treasury, {scenario.treasury.id!r}, whose budget it came from",
            ),
        )
    yield from _validity(terms.mark, mark, section)
    book = scenario.rule_books.get(mark.rule_book)
    if book is not None:
        path = f"rule_books.{mark.rule_book}"
        prefix, edition = book.in_force(day_number(section.term.first))
        at = f"{path}.{prefix}".removesuffix(".")
        yield from _book(at, edition, section)
        yield from _of_refunds(scenario, at, edition)
        yield from _of_schedule(scenario, voucher, at, edition)
        yield from _of_reward(voucher, section, at, edition)
        issued = [first for first, _ in months_of(section.term, scenario.clock.end)]
        if section.reward is not None:
            issued.append(section.term.last)
        yield from compiled(
            path, book, asked=_ASKED, shown=_SHOWN, procedures=_PROCEDURES, issued=issued
        )


def _validity(name: str, mark: MarkSection, section: VoucherSection) -> Iterator[Located]:
    term = section.term
    if not (mark.valid_from <= term.first and term.last <= mark.valid_until):
        yield (
            f"marks.{name}.valid_until",
            Finding(
                "MARK_TOO_SHORT",
                f"the mark is valid from {mark.valid_from} to {mark.valid_until}, vouchers are"
                f" given from {term.first} to {term.last}",
                expected="a mark that is valid on every day of the term",
                do="move the validity of the mark, or the term of the voucher",
            ),
        )


def _book(path: str, book: RuleBook, section: VoucherSection) -> Iterator[Located]:
    """Yield what the rules of a voucher cannot say."""
    expiry = book.expiry()
    given_at = section.given_at
    if expiry is not None and given_at is not None and expiry.at <= given_at:
        yield (
            f"{path}.procedures.{book.procedures.index(expiry)}.at",
            Finding(
                "TIMES_OUT_OF_ORDER",
                "what is left returns before money is given out on the last day,"
                f" {format_time_of_day(given_at)}",
                expected="a time after `given_at`",
                do="move one of the two",
            ),
        )
    shed = book.shed()
    if shed is not None:
        yield (
            f"{path}.effects.{book.effects.index(shed)}",
            Finding(
                "RULE_UNUSED",
                "money of a voucher is free as soon as a shop is paid; nothing is left to shed",
                expected="no effect of kind `sheds_mark` in the rules of a voucher",
                do="remove the effect, or give the voucher a rule book of its own",
            ),
        )


def _of_reward(
    voucher: str, section: VoucherSection, path: str, book: RuleBook
) -> Iterator[Located]:
    """Yield rewards of which either the acts or what they earn is not said."""
    procedure = procedure_of(book, MintsReward)
    if procedure is None and section.reward is not None:
        yield (
            f"vouchers.{voucher}.reward",
            Finding(
                "MISSING_KEY",
                "no rule says what an act earns",
                expected="a procedure of kind `mints_reward` in the rules of the mark",
            ),
        )
    if procedure is not None and section.reward is None:
        yield (
            f"{path}.procedures.{book.procedures.index(procedure)}",
            Finding(
                "RULE_UNUSED",
                f"{procedure.id} rewards acts, and the voucher knows of none",
                expected="a section `reward` of the voucher",
                do="say how many acts there are, or remove the procedure",
            ),
        )


def _of_schedule(scenario: Scenario, voucher: str, path: str, book: RuleBook) -> Iterator[Located]:
    """Yield what keeps money from being given at one moment of each month, said once."""
    section, schedule = scenario.vouchers[voucher], procedure_of(book, Schedules)
    at = f"vouchers.{voucher}.given_at"
    if schedule is None and section.given_at is None:
        message = "neither the voucher nor its rules say when money is given"
        expected = "`given_at`, or a procedure of kind `schedules`"
        yield at, Finding("MISSING_KEY", message, expected=expected)
    if schedule is None:
        return
    if section.given_at is not None:
        message = f"the voucher says when money is given, and so does {schedule.id}"
        expected = "one hour for a day of the month"
        do = "leave one of the two out"
        yield at, Finding("STATED_TWICE", message, expected=expected, do=do)
    expiry = book.expiry()
    returns_at = DAY_US if expiry is None else expiry.at
    place = f"{path}.procedures.{book.procedures.index(schedule)}"
    calendar, within = scenario.clock.calendar(), section.activated_within.value
    for first, last in months_of(section.term, scenario.clock.end):
        end = last + datetime.timedelta(days=1)
        moments = scheduled_us(schedule, calendar, first, end)
        active = min(last, first + datetime.timedelta(days=within - 1))
        if not moments:
            message = f"from {first} to {last} there is no day {schedule.day}"
        elif calendar.date_of(moments[0]) < active:
            message = (
                f"money is given on {calendar.date_of(moments[0])}, and vouchers are activated"
            )
            message += f" until {active}"
        elif moments[0] >= calendar.at(last, returns_at):
            message = f"the money of the month is given out after it returned, on {last}"
        else:
            continue
        expected = "a day after all are activated, and before the rest returns"
        yield f"{place}.day", Finding("TIMES_OUT_OF_ORDER", message, expected=expected)
        return


def _of_refunds(scenario: Scenario, path: str, book: RuleBook) -> Iterator[Located]:
    """Yield a book that does not say what is done: what comes back keeps the mark."""
    comes_back = scenario.retail is not None and scenario.retail.refunds is not None
    if comes_back and not book.restores_mark():
        yield (
            f"{path}.effects",
            Finding(
                "RANGE",
                "what shops give back comes back under its mark, and no effect says so",
                expected="an effect of kind `restores_mark`",
                do="write the effect, or remove `retail.refunds`",
            ),
        )


def _enrolled(scenario: Scenario) -> Iterator[Located]:
    """Yield programmes whose recipients are to have wallets and that there are not."""
    people, wallets = scenario.population.people, scenario.wallets
    if people is None or wallets is None:
        return
    for number, programme in enumerate(wallets.recipients_of):
        path = f"wallets.recipients_of.{number}"
        yield from known(path, programme, people.programmes, "programme of people")
