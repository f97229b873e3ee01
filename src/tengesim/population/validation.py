"""Published figures about the country against the people that were built.

Figures that are inputs come back within the chance of the sample; figures that were left out tell
how far the model is from what nobody put into it. Neither is a test that somebody can pass by
choosing: the second list is told with its misses.
"""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import numpy as np

from tengesim.money import BP, TIYN_PER_TENGE
from tengesim.population.columns import Role, Society
from tengesim.population.society_model import ADULT_AGE, SocietySection

__all__ = ["PublishedFigure", "validation"]

Unit = Literal["people", "families", "KZT", "bp"]

_MODE_CLASS_TIYN: Final = 10_000 * TIYN_PER_TENGE
_PEOPLE_PAGE: Final = (
    "https://www.inform.kz/ru/"
    "stala-izvestna-chislennost-naseleniya-kazahstana-na-1-yanvarya-2026-goda-d261ca"
)
_WAGES_PAGE: Final = "https://alau.kz/menee-120-tys-tenge-samuju-chastuju-zarplatu-nazvali-v-rk/"
_MEALS_PAGE: Final = "https://rus.baq.kz/17-mln-shkolnikov-kazahstana-obespechat-besplatnym-goryachim-pitaniem_300023840/"
_AID_PAGE: Final = "https://www.ng.kz/modules/news/article.php?storyid=58520"
_DISABILITY_PAGE: Final = (
    "https://www.inform.kz/ru/743-tisyachi-lits-s-invalidnostyu-prozhivayut-v-kazahstane-36d583"
)
_BIRTHS_PAGE: Final = (
    "https://www.inform.kz/ru/bolee-806mlrd-tenge-viplacheno-kazahstantsam-na-posobiya-po-"
    "rozhdeniyu-i-uhodu-za-rebenkom-89efa1"
)
_BANK_PAGE: Final = (
    "https://kz.kursiv.media/en/2024-04-10/"
    "national-bank-adjusts-its-plan-on-one-qr-code-in-kazakhstan/"
)
_FAMILIES_PAGE: Final = "https://news.mail.ru/society/69141489/"


class PublishedFigure(NamedTuple):
    """One figure: as published, as the model has it at full size, and whether it was put in."""

    name: str
    unit: Unit
    published: int
    modelled: int
    is_input: bool
    source: str

    @property
    def miss_bp(self) -> int:
        """Return by which part of the published figure the model is above it, or below."""
        return (self.modelled - self.published) * BP // self.published


def validation(society: Society, section: SocietySection) -> tuple[PublishedFigure, ...]:
    """Return published figures with what the model has: inputs first, then those left out.

    Numbers of people are scaled up to the whole country, so any scale of a run will do.
    """
    return (*_inputs(society, section), *_left_out(society, section))


def _inputs(society: Society, section: SocietySection) -> Iterator[PublishedFigure]:
    people, wages = society.people, section.wages
    women, urban = 10_477_240, 13_029_803
    for name, published, modelled in (
        ("women and girls", women, people.is_female),
        ("people in towns", urban, people.is_urban),
    ):
        count = _at_full_size(int(modelled.sum()), society, section)
        yield PublishedFigure(name, "people", published, count, is_input=True, source=_PEOPLE_PAGE)
    earned = np.sort(people.wage_tiyn[people.role == Role.EMPLOYED])
    if len(earned):
        for name, stated, tiyn in (
            ("median wage", wages.median, int(earned[len(earned) // 2])),
            ("mean wage", wages.mean, sum(earned.tolist()) // len(earned)),
        ):
            yield PublishedFigure(
                name,
                "KZT",
                stated.value // TIYN_PER_TENGE,
                tiyn // TIYN_PER_TENGE,
                is_input=True,
                source=stated.source,
            )
    for programme, stated_programme in section.programmes.items():
        recipients = stated_programme.recipients
        if recipients.is_assumption or not recipients.value:
            continue
        members = int(society.is_member(programme).sum())
        yield PublishedFigure(
            programme,
            "families" if stated_programme.kind == "families" else "people",
            recipients.value,
            _at_full_size(members, society, section),
            is_input=True,
            source=recipients.source,
        )


def _left_out(society: Society, section: SocietySection) -> Iterator[PublishedFigure]:
    people, first = society.people, society.households.first
    is_child = people.age < ADULT_AGE

    def people_of(name: str, published: int, modelled: int, source: str) -> PublishedFigure:
        count = _at_full_size(modelled, society, section)
        return PublishedFigure(name, "people", published, count, is_input=False, source=source)

    earned = people.wage_tiyn[people.wage_tiyn > section.wages.minimum.value]
    if len(earned):
        classes = np.bincount(earned // _MODE_CLASS_TIYN)
        mode_tiyn = int(classes.argmax()) * _MODE_CLASS_TIYN + _MODE_CLASS_TIYN // 2
        mode = mode_tiyn // TIYN_PER_TENGE
        yield PublishedFigure(
            "most frequent wage", "KZT", 116_059, mode, is_input=False, source=_WAGES_PAGE
        )
    children = np.add.reduceat(is_child.astype(np.int64), first)
    large = _at_full_size(int((children >= 4).sum()), society, section)
    yield PublishedFigure(
        "families with four children and more",
        "families",
        604_200,
        large,
        is_input=False,
        source=_FAMILIES_PAGE,
    )
    # Grades one to four: seven to ten years.
    pupils = int(((people.age >= 7) & (people.age <= 10)).sum())
    yield people_of("pupils of grades one to four", 1_400_000, pupils, _MEALS_PAGE)
    infants = int((people.age == 0).sum())
    yield people_of("children born within a year", 338_000, infants, _BIRTHS_PAGE)
    if "targeted_aid" in society.programmes:
        helped = np.zeros(len(first), dtype=np.bool_)
        helped[people.household[society.is_member("targeted_aid")]] = True
        count = int(society.households.size[helped].sum())
        yield people_of("people in families with targeted aid", 292_700, count, _AID_PAGE)
    if "disability" in society.programmes:
        disabled = society.is_member("disability")
        share = int((disabled & is_child).sum()) * BP // max(1, int(disabled.sum()))
        # Children are 15.7 % and people of pension age 28.6 %; the latter receive pensions.
        yield PublishedFigure(
            "children among people with a disability benefit",
            "bp",
            2_199,
            share,
            is_input=False,
            source=_DISABILITY_PAGE,
        )
    customers = int(np.bincount(people.bank[~is_child]).max())
    yield people_of("customers of the largest bank", 14_000_000, customers, _BANK_PAGE)


def _at_full_size(count: int, society: Society, section: SocietySection) -> int:
    """Return what `count` of the people built are of the whole country, to the nearest whole."""
    built = len(society.people.age)
    return (2 * count * section.count.value + built) // (2 * built)
