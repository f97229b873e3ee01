"""What a row of a payment table must not be: one condition, one message, one way out each.

Conditions are expressions over columns of text. Together the rules of a column refuse every text
that does not read as exactly one value, so whatever passes them can be converted without loss.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tengesim.money import TIYN_PER_TENGE, format_amount
from tengesim.retail.imported import AS_WRITTEN

__all__ = ["PARTY", "Problem", "amount_rules", "id_rules", "time_rules"]

_NOTHING: Final = "('', 'nan', 'none', 'null', 'n/a', 'na', '#n/a', '#ref!', '#value!', 'inf')"
_TIME: Final = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?"
    "(Z|[+-][0-9]{2}(:?[0-9]{2})?)?$"
)
_LONGEST: Final = 80


class Problem(NamedTuple):
    """A mistake: the condition under which a row has it, and what to say."""

    code: str
    column: str
    condition: str
    message: str
    expected: str
    do: str | None = None


class _Party(NamedTuple):
    """What is known of identifiers that a spreadsheet took for numbers."""

    zeros_from: int
    """Digits from which on an identifier is taken to have a fixed length."""
    zeros_lost: int
    """Zeros in front that can have been lost."""


PARTY: Final = _Party(zeros_from=8, zeros_lost=5)


def time_rules(time_zone: str) -> list[Problem]:
    """Return what is wrong with times that are to be read in `time_zone`."""
    readable = f"regexp_matches(coalesce(\"time\", ''), '{_TIME}')"
    local = "replace(regexp_extract(\"time\", '^(.{10}[T ][0-9:.]+)', 1), 'T', ' ')"
    is_date = f"TRY_CAST({local} AS TIMESTAMP) IS NOT NULL"
    expected = "a time such as `2026-03-01T09:30:00`"
    rules = [
        Problem("TABLE_TIME", "time", f"NOT {readable}", "not a time", expected),
        Problem(
            "TABLE_TIME",
            "time",
            f"{readable} AND NOT ({is_date})",
            "there is no such moment",
            f"{expected}, of a day that exists",
        ),
    ]
    if time_zone == AS_WRITTEN:
        bad = f"{readable} AND {_zone()} = ''"
        message = "a time without an offset among times with one"
        do = "add the offset, or state `time_zone` for all"
    else:
        bad = f"{readable} AND {_zone()} <> '' AND {_plain()} <> '{time_zone}'"
        message = f"an offset other than {time_zone}"
        do = f"write all times in one zone, or set `time_zone: {AS_WRITTEN}`"
    rules.append(Problem("TABLE_ZONE", "time", bad, message, "times of one kind", do))
    return rules


def _zone() -> str:
    """Return the expression for the offset of a readable time; a date's own dashes are none."""
    return "regexp_extract(substr(\"time\", 11), '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$', 1)"


def _plain() -> str:
    """Return the expression for the offset with hours, colon and minutes."""
    zone = _zone()
    return (
        f"CASE WHEN {zone} = 'Z' THEN '+00:00' WHEN length({zone}) = 3 THEN {zone} || ':00'"
        f" WHEN length({zone}) = 5 THEN {zone}[1:3] || ':' || {zone}[4:5] ELSE {zone} END"
    )


def amount_rules(column: str, unit: str, most_tiyn: int, *, least_tiyn: int) -> list[Problem]:
    """Return what is wrong with amounts in `unit` that are to lie between two amounts."""
    text = f"coalesce({column}, '')"
    number = "[0-9]{1,15}" if unit == "tiyn" else "[0-9]{1,15}(\\.[0-9]{1,20})?"
    readable = f"regexp_full_match({text}, '{number}')"
    whole = f"regexp_full_match({text}, '[0-9]+(\\.[0-9]{{1,2}}0*)?')"
    scale = 1 if unit == "tiyn" else TIYN_PER_TENGE
    value = f"CAST({column} AS DECIMAL(38, 20))"
    is_nothing = f"lower(trim({text})) IN {_NOTHING}"
    is_negative = f"regexp_full_match(trim({text}), '-[0-9].*')"
    expected = f"plain digits in {unit}, such as {'150000' if unit == 'tiyn' else '1500.00'}"
    code = "TABLE_AMOUNT"
    return [
        Problem(code, column, is_nothing, "there is no amount", expected),
        Problem(
            code,
            column,
            is_negative,
            "the amount is negative",
            "more than nothing",
            "a refund is a payment the other way round",
        ),
        Problem(
            code,
            column,
            f"NOT {readable} AND NOT {is_nothing} AND NOT {is_negative}",
            "not a plain number",
            f"{expected}; no spaces, commas or exponent",
        ),
        Problem(
            code,
            column,
            f"{readable} AND NOT {whole}",
            "finer than a tiyn",
            "at most two digits after the point",
        ),
        Problem(
            code,
            column,
            f"CASE WHEN {readable} AND {whole} THEN NOT {value} * {scale} BETWEEN {least_tiyn} AND"
            f" {most_tiyn} ELSE false END",
            "out of range",
            f"{least_tiyn} tiyn to {format_amount(most_tiyn)}",
        ),
    ]


def id_rules(reserved: Sequence[str], columns: Sequence[str] = ("payer", "payee")) -> list[Problem]:
    """Return what is wrong with identifiers of parties."""
    rules: list[Problem] = []
    for column in columns:
        text = f"coalesce({column}, '')"
        do = "export the column as text"
        damaged = "[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+"
        stated = (
            (f"lower(trim({text})) IN {_NOTHING}", f"the {column} is missing", None),
            (f"regexp_full_match({text}, '{damaged}')", "a spreadsheet rounded the number", do),
            (f"regexp_full_match({text}, '[0-9]+[.,]0+')", "a spreadsheet made it a number", do),
            (
                f"lower(trim({text})) NOT IN {_NOTHING} AND ({text} <> trim({text}) OR"
                f" length({text}) > {_LONGEST} OR regexp_matches({text}, '[\\x00-\\x1f\\x7f]'))",
                "spaces around it, a control character, or too long",
                None,
            ),
        )
        rules += [
            Problem("TABLE_PARTY", column, condition, message, "the identifier as issued", remedy)
            for condition, message, remedy in stated
        ]
        if reserved:
            listed = ", ".join("'" + name.replace("'", "''") + "'" for name in reserved)
            rules.append(
                Problem(
                    "TABLE_PARTY",
                    column,
                    f"{text} IN ({listed})",
                    "the name of an institution",
                    "a name that no institution of the scenario has",
                )
            )
    if "payee" in columns:
        same = "payer = payee AND trim(payer) <> ''"
        rules.append(
            Problem(
                "TABLE_PARTY",
                "payee",
                same,
                "payer and payee are the same",
                "two different parties",
            )
        )
    return rules
