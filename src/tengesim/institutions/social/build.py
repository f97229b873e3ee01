"""Puts a meals programme into the world: its office and caterers, by the money it is paid in."""

import datetime

from tengesim.institutions.social.caterers import MarkedCaterers
from tengesim.institutions.social.claims import OrdinaryCaterers
from tengesim.institutions.social.desk import Desk
from tengesim.institutions.social.model import MealsSection, weeks_of
from tengesim.institutions.social.office import Office
from tengesim.institutions.social.roster import Roster
from tengesim.ports import Ports
from tengesim.rules.model import MarkSection, RuleBook

__all__ = ["build"]


def build(
    section: MealsSection,
    roster: Roster,
    ports: Ports,
    *,
    marks: dict[str, MarkSection],
    book: RuleBook,
    end: datetime.date,
) -> None:
    """Start the processes of the programme; `end` is the first day after the horizon."""
    served = section.served(ports.calendar)
    desk = Desk(section, roster, ports)
    ports.bulletin.listen("complaint", desk.hear)
    office_days = ports.calendar.business_days(section.term.first, end)
    if section.marked is None or section.money == "ordinary":
        if section.claims is None:
            raise ValueError(f"programme {roster.programme!r} has neither a mark nor claims")
        claim_days = frozenset(week[-1] for week in weeks_of(served))
        ordinary = OrdinaryCaterers(desk, section.claims)
        ports.start(ordinary.work(office_days, claim_days))
        return
    mark = marks[section.marked.mark]
    procedure = book.expiry()
    office = Office(section, section.marked, roster, ports)
    ports.start(office.serve(weeks_of(served)))
    if procedure is not None and mark.valid_until < end:
        after = mark.valid_until + datetime.timedelta(days=1)
        swap_days = ports.calendar.business_days(after, end)
        ports.start(office.expire(mark, procedure, swap_days[0] if swap_days else None))
    caterers = MarkedCaterers(
        desk,
        section.marked,
        last_valid_day=ports.calendar.day_number(ports.calendar.at(mark.valid_until)),
        restores_mark=book.restores_mark(),
    )
    ports.start(caterers.work(office_days))
