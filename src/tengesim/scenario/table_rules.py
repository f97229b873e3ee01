"""What a row of a payment table must not be: one condition, one message, one way out each.

Conditions are expressions over columns of text. Together the rules of a column refuse every text
that does not read as exactly one value, so whatever passes them can be converted without loss.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tengesim.clock import MINUTE_US
from tengesim.money import TIYN_PER_TENGE, format_amount
from tengesim.retail.imported import AS_WRITTEN

__all__ = [
    "PARTY",
    "Horizon",
    "Problem",
    "amount_rules",
    "id_rules",
    "moment_of",
    "time_rules",
    "tiyn_of",
    "unique_rules",
]

_NOTHING: Final = "('', 'nan', 'none', 'null', 'n/a', 'na', '#n/a', '#ref!', '#value!', 'inf')"
_TIME: Final = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?"
    "(Z|[+-][0-9]{2}(:?[0-9]{2})?)?$"
)
_LOCAL: Final = "replace(regexp_extract(\"time\", '^(.{10}[T ][0-9:.]+)', 1), 'T', ' ')"
"""The date and time of day of a readable time."""
_ZONE: Final = "regexp_extract(substr(\"time\", 11), '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$', 1)"
"""The offset of a readable time, or nothing; the date has dashes of its own."""
_LONGEST: Final = 80


class Horizon(NamedTuple):
    """Moments between which payments may lie, the second one not included."""

    start_us: int
    end_us: int


class Problem(NamedTuple):
    """A mistake: the condition under which a row has it, and what to say."""

    code: str
    column: str
    condition: str
    message: str
    expected: str
    do: str | None = None
    among: str = ""
    """What has to be counted of a column before the condition can be asked; `n` in it."""


class _Party(NamedTuple):
    """What is known of identifiers that a spreadsheet took for numbers."""

    zeros_from: int
    """Digits from which on an identifier is taken to have a fixed length."""
    zeros_lost: int
    """Zeros in front that can have been lost."""


PARTY: Final = _Party(zeros_from=8, zeros_lost=5)


def time_rules(time_zone: str, horizon: Horizon | None) -> list[Problem]:
    """Return what is wrong with times that are to be read in `time_zone`."""
    readable = f"regexp_matches(coalesce(\"time\", ''), '{_TIME}')"
    exists = f"TRY_CAST({_LOCAL} AS TIMESTAMP) IS NOT NULL"
    expected = "a time such as `2026-03-01T09:30:00`"
    there_is = f"{readable} AND NOT ({exists})"
    rules = [
        Problem("TABLE_TIME", "time", f"NOT {readable}", "not a time", expected),
        Problem("TABLE_TIME", "time", there_is, "there is no such moment", "a day that exists"),
    ]
    if time_zone == AS_WRITTEN:
        bad = f"{readable} AND {_ZONE} = ''"
        message = "a time without an offset among times with one"
        do = "add the offset, or state `time_zone` for all"
    else:
        bad = f"{readable} AND {_ZONE} <> '' AND {_plain()} <> '{time_zone}'"
        message = f"an offset other than {time_zone}"
        do = f"write all times in one zone, or set `time_zone: {AS_WRITTEN}`"
    rules.append(Problem("TABLE_ZONE", "time", bad, message, "times of one kind", do))
    if horizon is not None:
        moment = moment_of(time_zone, is_certain=False)
        outside = f"{moment} < {horizon.start_us} OR {moment} >= {horizon.end_us}"
        rules.append(
            Problem(
                "TABLE_HORIZON",
                "time",
                f"CASE WHEN {readable} AND {exists} THEN {outside} ELSE false END",
                "the time lies outside the horizon of the scenario",
                "times from the start of the clock to before its end",
                "move `clock.start` and `clock.end`, or take the row out of the table",
            )
        )
    return rules


def moment_of(time_zone: str, *, is_certain: bool = True) -> str:
    """Return the expression for the microseconds since the epoch of a readable time.

    Where it is not certain that the moment exists, the expression is missing for one that does not.
    """
    offset_us = 0
    if time_zone != AS_WRITTEN:
        hours, minutes = (int(part) for part in time_zone[1:].split(":"))
        offset_us = (-1 if time_zone[0] == "-" else 1) * (hours * 60 + minutes) * MINUTE_US
    own = (
        f"CASE WHEN {_ZONE} = 'Z' THEN 0 ELSE (CASE WHEN {_ZONE}[1] = '-' THEN -1 ELSE 1 END)"
        f" * (CAST({_ZONE}[2:3] AS BIGINT) * 60"
        f" + coalesce(TRY_CAST(replace({_ZONE}, ':', '')[4:] AS BIGINT), 0)) * {MINUTE_US} END"
    )
    cast = "CAST" if is_certain else "TRY_CAST"
    shift = f"CASE WHEN {_ZONE} = '' THEN {offset_us} ELSE {own} END"
    return f"(epoch_us({cast}({_LOCAL} AS TIMESTAMP)) - ({shift}))"


def _plain() -> str:
    """Return the expression for the offset with hours, colon and minutes."""
    zone = _ZONE
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
            f"CASE WHEN {readable} AND {whole} THEN {tiyn_of(column, unit)} NOT BETWEEN"
            f" {least_tiyn} AND {most_tiyn} ELSE false END",
            "out of range",
            f"{least_tiyn} tiyn to {format_amount(most_tiyn)}",
        ),
    ]


def tiyn_of(column: str, unit: str) -> str:
    """Return the expression for the tiyn of a readable amount, made of digits and never a float."""
    if unit == "tiyn":
        return f"CAST({column} AS BIGINT)"
    fraction = f"rpad(regexp_extract({column}, '\\.([0-9]+)$', 1), 2, '0')"
    return (
        f"(CAST(regexp_extract({column}, '^([0-9]+)', 1) AS BIGINT) * {TIYN_PER_TENGE}"
        f" + CAST({fraction}[1:2] AS BIGINT))"
    )


def unique_rules(
    column: str, message: str, expected: str, code: str = "TABLE_TWICE"
) -> list[Problem]:
    """Return what is wrong with a column in which every text stands once."""
    text = f"trim(coalesce(\"{column}\", ''))"
    return [
        Problem("TABLE_PARTY", column, f"{text} = ''", f"the {column} is missing", expected),
        Problem(
            code,
            column,
            "n > 1",
            message,
            expected,
            "remove the repeated row, or correct it",
            among=f'count(*) OVER (PARTITION BY "{column}")',
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
                (
                    f"lower(trim({text})) NOT IN {_NOTHING} AND ({text} <> trim({text}) OR"
                    f" length({text}) > {_LONGEST} OR regexp_matches({text}, '[\\x00-\\x1f\\x7f]'))"
                ),
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
