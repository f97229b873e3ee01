"""The rules as a page for people: docs/rules.md is this text, so that it cannot grow old."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tengesim.rules.catalogue import KINDS, parsed
from tengesim.rules.kind_text import KindText
from tengesim.rules.sentences import sentence
from tengesim.rules.taxonomy import CODES, WAYS, Way, way_sentence
from tengesim.rules.terms import OperationName

__all__ = ["rules_page"]

_HEAD: Final = """\
# Rules

This page is made from the catalogue in `src/tengesim/rules`; it is not written by hand.

A rule book is a list of rules, effects and procedures that travel with a mark, or that a control
applies to ordinary money. A *condition* reads an observation and passes or fails. A *rule* puts a
condition on uses of money; an *effect* says what a use does to the mark; a *procedure* is an act of
an institution. The three lists of kinds are closed: what is not on this page cannot be written.

```yaml
rule_books:
  lunch:
    rules:
      - id: one_meal_a_day
        on: [pay]
        condition: {kind: count_per_period_at_most, period: day, limit: 1}
        text: {en: "A pupil has one free meal a day."}
        reference: assumption
```

"""
_MEANING: Final = """\
## How a book decides

- A rule guards the operations it is `on`, on the days from `valid_from` to `valid_until`. The
  operations are $operations; without `on` it is `pay`.
- Every rule that guards a payment is evaluated. Of those that fail, one that rejects decides before
  one that holds, then the one with the lowest reason; at equal reasons, the one that stands first.
  `explain REASON` shows the number.
- A rule that is `on_failure: hold` sends the payment to its `queue`, where somebody looks at it.
- A rule with an `override` yields to the signatures of all its roles in a declared emergency, up to
  its last day; the decision names it. A book with `versions` applies to money the version of the
  day on which it was issued.
- On retail marks, which compiled code pays with, whatever that code cannot carry out is refused
  when the scenario is loaded, with its name and line; nothing is skipped.
- Wherever else a book is named, purchases, supplies, releases, accounts and awards, the same holds:
  a kind of effect or procedure that nobody there carries out, a hold, an override or a version that
  nobody there looks after, a use of money about which nobody there asks and, of purchases and
  supplies, a condition on what nobody there shows are refused when the scenario is loaded.
  `tests/unit/test_rules_carried_out.py` walks every place and every kind.
- Of `all_of`, the part that decides is logged with its own reason, value and limit. A failing
  `any_of` or `not` answers for itself.
- Conditions read the observation and what the payer used before, as settled payments in the log
  say; never what a payment really is.
- Amounts are compared in tiyn, times of day in microseconds since local midnight, days in days
  since 1970-01-01, weekdays as 1 (Monday) to 7 against the number of weekdays allowed.

"""


_CODES: Final = """\
## The 56 codes

Every kind of rule of the taxonomy, in every way in which it is written: by a kind of its own, by
parts of rules and books, or by composing kinds with `all_of`, `any_of` and `not`.

"""


def rules_page() -> str:
    """Return the page about all kinds of rules."""
    operations = ", ".join(f"`{name}`" for name in OperationName)
    parts = [_HEAD, _MEANING.replace("$operations", operations), _CODES, *_table()]
    parts.append("\n## Kinds\n")
    for text in KINDS:
        parts.extend(_section(text))
    parts.append("\n## Other ways\n")
    for way in (way for way in WAYS if way.text not in KINDS):
        parts.extend(_other(way))
    return "".join(parts).rstrip() + "\n"


def _table() -> Iterator[str]:
    yield (
        "| code | what | written | part | its sentence | evaluated | evidence read | when it fails"
        " | used in | proved by |\n" + "| --- " * 10 + "|\n"
    )
    for way in WAYS:
        text = way.text
        reason = f" (`{text.reason.name}`)" if text.reason else ""
        cells = (
            text.code,
            CODES[text.code],
            way.written,
            text.union,
            way_sentence(way),
            text.evaluated,
            text.reads,
            f"{text.failing}{reason}",
            f"`{way.use}`",
            f"`{text.test}`",
        )
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _other(way: Way) -> Iterator[str]:
    text = way.text
    yield f"\n### {text.code}: {way.written}\n\n"
    yield f"{way_sentence(way)}.\n\n"
    yield "```yaml\n" + "\n".join(_yaml(text.example)) + "\n```\n\n"
    yield from _facts(text)


def _section(text: KindText) -> Iterator[str]:
    name = "Composition" if text.code == "composition" else text.code
    yield f"\n### {name}: `{text.kind}`\n\n"
    yield f"{sentence(parsed(text))}.\n\n"
    yield "```yaml\n" + "\n".join(_yaml(text.example)) + "\n```\n\n"
    yield from _facts(text)


def _facts(text: KindText) -> Iterator[str]:
    yield f"- part: {text.union}\n"
    yield f"- evaluated: {text.evaluated}\n"
    yield f"- reads: {text.reads}\n"
    reason = f" (`{text.reason.name}`)" if text.reason else ""
    yield f"- when it fails: {text.failing}{reason}\n"
    yield f"- shown by: `{text.test}`\n"


def _yaml(section: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Yield the lines of a section the way the shipped scenarios are written."""
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from _yaml(value, f"{indent}  ")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            if any(isinstance(item, Mapping) for item in value):
                yield f"{indent}{key}:"
                for item in value:
                    first, *rest = _yaml(item)
                    yield f"{indent}  - {first}"
                    yield from (f"{indent}    {line}" for line in rest)
            else:
                yield f"{indent}{key}: [{', '.join(map(_scalar, value))}]"
        else:
            yield f"{indent}{key}: {_scalar(value)}"


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    # Digits and times are text here, and other readers of YAML would take them for numbers.
    is_number_like = isinstance(value, str) and value[:1].isdigit() and " " not in value
    return f'"{value}"' if is_number_like else str(value)
