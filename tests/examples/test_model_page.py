"""The model's description answers every item of the two standards, and the lesson fits the page."""

import json
import re
from typing import Any, Final

import pytest

from dashboards.components.lesson import MINUTES, STEPS
from tests.examples.study_numbers import ROOT

MODEL: Final = ROOT / "docs" / "model.md"
LESSON: Final = ROOT / "docs" / "lessons" / "school_meals"
WORDS: Final = ROOT / "dashboards" / "locales" / "en.json"
# Grimm et al. 2020, JASSS 23(2) 7.
ODD: Final = (
    "1 Purpose and patterns",
    "2 Entities, state variables and scales",
    "3 What happens, and in which order",
    "4 Design concepts",
    "5 Initialization",
    "6 Input",
    "7 Submodels",
)
CONCEPTS: Final = (
    *("Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction"),
    *("Sensing", "Interaction", "Stochasticity", "Collectives", "Observation"),
)
# Monks et al. 2019, Journal of Simulation 13(1).
STRESS: Final = (
    *("1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4"),
    *("2.5.1", "2.5.2", "2.5.3", "2.5.4", "2.5.5"),
    *("3.1", "3.2", "3.3", "3.4", "4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "5.4", "6.1"),
)


def words() -> dict[str, Any]:
    """Return the texts of the page."""
    found: dict[str, Any] = json.loads(WORDS.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("heading", ODD)
def test_each_element_of_odd_is_described(heading: str) -> None:
    """Goal: the description is complete. Method: the section is there and says something."""
    text = MODEL.read_text(encoding="utf-8")
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## )", text, re.DOTALL | re.MULTILINE)
    assert section is not None
    assert len(section[1].split()) > 50


def test_each_design_concept_is_answered() -> None:
    """Goal: none of the eleven is left out. Method: their names, in order."""
    text = MODEL.read_text(encoding="utf-8").split("## 4 Design concepts")[1].split("\n### ")[0]
    assert re.findall(r"^- \*\*([\w ]+)\.\*\* \S", text, re.MULTILINE) == [*CONCEPTS]


def test_each_item_of_stress_des_is_answered() -> None:
    """Goal: a reviewer finds every answer. Method: the table's items, in order, none empty."""
    table = MODEL.read_text(encoding="utf-8").split("## STRESS-DES")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d[\d.]*) [^|]+\| ([^|]+?) *\|$", table, re.MULTILINE)
    assert [number for number, _ in rows] == [*STRESS]
    assert all(answer for _, answer in rows)


def test_the_lesson_names_what_is_on_the_page() -> None:
    """Goal: the teacher finds each label. Method: bold words of the plan against the catalogue."""
    text = (LESSON / "lesson.md").read_text(encoding="utf-8")
    plan = text.split("## Before the lesson")[1]
    labels = {label for label in re.findall(r"\*\*([^*]+)\*\*", plan) if label not in OWN_WORDS}
    assert labels - set(words().values()) == set()
    assert len(labels) > len(STEPS)


OWN_WORDS: Final = {
    *("Who was refused, and why", "Where does it come from", "The door for honest pupils"),
}
"""Headings of the plan's own extras."""


def test_the_lesson_follows_the_steps_and_takes_twenty_minutes() -> None:
    """Goal: plan and page keep time together. Method: titles and minutes, step by step."""
    text = (LESSON / "lesson.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+)–(\d+) \| \*\*([^*]+)\*\* \|", text, re.MULTILINE)
    titles = words()
    assert [title for _, _, title in rows] == [titles[f"lesson.{step}.title"] for step in STEPS]
    assert [int(end) - int(start) for start, end, _ in rows] == [MINUTES[step] for step in STEPS]
    assert rows[-1][1] == "20"
    assert [start for start, _, _ in rows[1:]] == [end for _, end, _ in rows[:-1]]


def test_the_worksheet_asks_what_the_key_answers() -> None:
    """Goal: every question has its answer. Method: the numbers of the questions in both."""
    asked = re.findall(r"^(?:\| )?(\d)\. ", read("worksheet.md"), re.MULTILINE)
    answered = re.findall(r"^(\d)\. ", read("key.md"), re.MULTILINE)
    assert asked == answered == [*"12345678"]


def read(name: str) -> str:
    """Return a page of the lesson."""
    return (LESSON / name).read_text(encoding="utf-8")
