"""What a scenario may state: sections, amounts, rates, counts, times, and values with sources.

Text with units becomes whole numbers here and nowhere else, and a number cannot be stated
without saying where it comes from. Apart from the sections themselves, so that every package
can have a section without knowing the loader.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Generic, Protocol, Self, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tengesim.clock import (
    Duration,
    format_time_of_day,
    parse_date,
    parse_duration,
    parse_time_of_day,
)
from tengesim.money import (
    BP,
    TIYN_PER_TENGE,
    parse_amount,
    parse_count,
    parse_dollars,
    parse_rate_bp,
)

__all__ = [
    "Amount",
    "Count",
    "Dated",
    "DatedEntry",
    "Day",
    "Dollars",
    "DurationValue",
    "Identifier",
    "Number",
    "Rate",
    "Section",
    "Sourced",
    "Term",
    "TimeOfDay",
    "refusal",
]

T = TypeVar("T")


class _Ordered(Protocol):
    def __le__(self, other: Self, /) -> bool: ...


class Section(BaseModel):
    """Be the base of every part of a scenario: frozen, strict, and closed to unknown keys."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        # The message about one unknown key would otherwise quote the whole input.
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


def refusal(
    code: str,
    message: str,
    *,
    expected: str | None = None,
    do: str | None = None,
    at: tuple[str | int, ...] = (),
) -> PydanticCustomError:
    """Make the error by which a validator refuses a value with a finding code.

    `at` leads from the refused section to the key that is wrong, when the section as a whole is
    being checked. Raise what this returns.
    """
    # The message is handed over as a value, since pydantic expands braces in a template.
    context = {"message": message, "expected": expected, "do": do, "at": at}
    return PydanticCustomError(cast("Any", code), "{message}", context)


def _read_with(code: str, parse: Callable[[str], object], value: object, expected: str) -> object:
    """Parse a text, and turn the complaint of the parser into a finding."""
    if type(value) is not str:
        raise refusal(code, f"{_kind(value)} was given", expected=expected)
    try:
        return parse(value)
    except ValueError as complaint:
        message, _, rest = str(complaint).partition("; expected ")
        raise refusal(code, message, expected=rest or expected) from None


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    kinds = {bool: "true or false", int: "a bare number", float: "a bare number"}
    kinds |= {Decimal: "a bare number", list: "a list", dict: "a section", str: "a text"}
    return kinds.get(type(value), "another kind of value")


def _read_amount(value: object, validation: ValidationInfo) -> object:
    mci_tiyn = (validation.context or {}).get("mci_tiyn")
    expected = "an amount with its unit, such as 811 KZT, 2.1 bn KZT or 3 MCI"
    has_unit = type(value) is str and value.rstrip().endswith(("KZT", "tiyn", "MCI"))
    code = "AMOUNT_VALUE" if has_unit else "AMOUNT_UNIT"
    return _read_with(code, lambda text: parse_amount(text, mci_tiyn), value, expected)


def _write_amount(amount_tiyn: int) -> str:
    whole, tiyn = divmod(amount_tiyn, TIYN_PER_TENGE)
    return f"{whole}.{tiyn:02d} KZT" if tiyn else f"{whole} KZT"


def _read_dollars(value: object) -> object:
    return _read_with("AMOUNT_USD", parse_dollars, value, "dollars with unit, such as 350 m USD")


def _write_dollars(cents: int) -> str:
    whole, rest = divmod(cents, 100)
    return f"{whole}.{rest:02d} USD" if rest else f"{whole} USD"


def _read_rate(value: object) -> object:
    expected = "a rate with its unit, such as 8 %, 0.5 % or 80 bp"
    rate_bp = _read_with("RATE", parse_rate_bp, value, expected)
    if type(rate_bp) is int and rate_bp > BP:
        raise refusal("RANGE", f"{value!r} is more than the whole", expected="0 % to 100 %")
    return rate_bp


def _write_rate(rate_bp: int) -> str:
    return f"{rate_bp} bp" if rate_bp % 100 else f"{rate_bp // 100} %"


def _read_count(value: object) -> object:
    expected = "a whole number, such as 111000 pupils or 250"
    if type(value) is int:
        if value < 0:
            raise refusal("COUNT_VALUE", "the number is negative", expected="zero or more")
        return value
    return _read_with("COUNT_VALUE", parse_count, value, expected)


def _read_duration(value: object) -> object:
    expected = "a duration such as 15 s, 30 min, 2 h, 3 days or 5 business days"
    if isinstance(value, Duration):
        return value
    return _read_with("DURATION", parse_duration, value, expected)


def _read_day(value: object) -> object:
    if type(value) is date:
        return value
    return _read_with("DATE", parse_date, value, "year-month-day, such as 2026-02-01")


def _read_time_of_day(value: object) -> object:
    return _read_with("TIME_OF_DAY", parse_time_of_day, value, "00:00 to 23:59, such as 07:30")


def _read_identifier(value: object) -> object:
    # A bare number is only ever read from digits that it writes back the same, so the text the
    # author wrote is not lost; one with a leading zero arrives as text in the first place.
    if type(value) is int:
        return str(value)
    if type(value) is not str:
        message = f"{_kind(value)} was given"
        raise refusal("TEXT_EXPECTED", message, expected="a text", do="put the value in quotes")
    return value


def _read_number(value: object) -> object:
    if type(value) is int or type(value) is Decimal:
        return Decimal(value)
    if type(value) is float:
        # The shortest text of a float is what the author wrote, up to 15 digits.
        return Decimal(repr(value))
    message = f"{_kind(value)} was given"
    raise refusal("NUMBER_EXPECTED", message, expected="a number such as 0.25 or 12")


def _write_number(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _text_schema(pattern: str, description: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "type": "string",
            "pattern": pattern,
            "description": description,
            "examples": list(examples),
        }
    )


_NUMBER = r"[0-9][0-9, ]*(\.[0-9]+)?"

Amount = Annotated[
    int,
    BeforeValidator(_read_amount),
    PlainSerializer(_write_amount, return_type=str, when_used="json"),
    _text_schema(
        rf"^{_NUMBER} ?(k|m|bn|tn)? ?(KZT|tiyn|MCI)$",
        "An amount of money with its unit.",
        "811 KZT",
        "2.1 bn KZT",
        "3 MCI",
    ),
]
"""Money: text with a unit in the scenario, int tiyn in the model."""

Dollars = Annotated[
    int,
    BeforeValidator(_read_dollars),
    PlainSerializer(_write_dollars, return_type=str, when_used="json"),
    _text_schema(rf"^{_NUMBER} ?(k|m|bn|tn)? ?USD$", "An amount of US dollars.", "350 m USD"),
]
"""US dollars: text with a unit in the scenario, int cents in the model."""

Rate = Annotated[
    int,
    BeforeValidator(_read_rate),
    PlainSerializer(_write_rate, return_type=str, when_used="json"),
    _text_schema(
        r"^[0-9]+(\.[0-9]+)? ?(%|bp)$", "A share from 0 % to 100 %.", "8 %", "0.5 %", "80 bp"
    ),
]
"""A share: text with a unit in the scenario, int basis points 0 to 10,000 in the model."""

Count = Annotated[
    int,
    BeforeValidator(_read_count),
    WithJsonSchema(
        {
            "description": "A whole number, or one followed by what is counted.",
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": rf"^{_NUMBER} ?(k|m|bn|tn)?( [^0-9]+)?$"},
            ],
            "examples": ["111000 pupils", 250],
        }
    ),
]
"""A whole number, optionally with what is counted; int in the model."""

DurationValue = Annotated[
    Duration,
    BeforeValidator(_read_duration),
    PlainSerializer(str, return_type=str, when_used="json"),
    _text_schema(
        r"^[0-9]+(\.[0-9]+)? ?[a-z]+( [a-z]+)?$",
        "A length of time.",
        "15 s",
        "30 min",
        "2 h",
        "3 days",
        "5 business days",
    ),
]
"""A length of time: elapsed or in business days."""

Day = Annotated[
    date,
    BeforeValidator(_read_day),
    _text_schema(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "A date, year-month-day.", "2026-02-01"),
]
"""A local date."""

TimeOfDay = Annotated[
    int,
    BeforeValidator(_read_time_of_day),
    PlainSerializer(format_time_of_day, return_type=str, when_used="json"),
    _text_schema(r"^[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?$", "A local time of day.", "07:30"),
]
"""A local time of day: text in the scenario, int microseconds since midnight in the model."""

Identifier = Annotated[
    str,
    Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$"),
    BeforeValidator(_read_identifier),
]
"""A text that names something, kept exactly as written (leading zeroes too)."""

Number = Annotated[
    Decimal,
    BeforeValidator(_read_number),
    PlainSerializer(_write_number, return_type=int | float, when_used="json"),
    WithJsonSchema({"type": "number", "description": "A number in plain decimal digits."}),
]
"""A plain decimal number, exact in the model; for amounts, rates and counts see above."""

_ASSUMPTION = "assumption"
_KINDS: dict[str, Any] = {
    "Amount": Amount,
    "Count": Count,
    "Day": Day,
    "Dollars": Dollars,
    "DurationValue": DurationValue,
    "Number": Number,
    "Rate": Rate,
    "TimeOfDay": TimeOfDay,
}


class _WithSource(Section, Generic[T]):
    """Hold a value, what is known of its range, and where it comes from."""

    value: T = Field(description="What the model uses.")
    low: T | None = Field(default=None, description="The low end of what is plausible.")
    high: T | None = Field(default=None, description="The high end of what is plausible.")
    source: str = Field(
        description="A link (https://…), or `assumption`, optionally with how it was derived:"
        " `assumption, derived: …`.",
        json_schema_extra={"pattern": r"^(https?://\S+( .*)?|assumption(, derived: .+)?)$"},
        max_length=1_000,
    )
    note: str | None = Field(default=None, description="A remark for readers.", max_length=2_000)

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Name a section of amounts `Sourced[Amount]`, which is what editors show."""
        known = [name for name, kind in _KINDS.items() if kind == params[0]]
        return f"{cls.__name__}[{known[0]}]" if known else super().model_parametrized_name(params)

    @property
    def is_assumption(self) -> bool:
        """Return whether the value has no source, so that its range is to be explored."""
        return self.source.startswith(_ASSUMPTION)

    @model_validator(mode="after")
    def _check_source_and_range(self) -> Self:
        derived = self.source.removeprefix(_ASSUMPTION)
        is_derived = derived.lstrip(",; ").startswith("derived: ")
        is_link = self.source.startswith(("https://", "http://"))
        if not is_link and not (self.is_assumption and (not derived or is_derived)):
            raise refusal(
                "SOURCE",
                "the source is neither a link nor an assumption",
                expected="`https://…` or `assumption`",
                at=("source",),
            )
        if self.is_assumption and (self.low is None or self.high is None):
            absent = [end for end in ("low", "high") if getattr(self, end) is None]
            raise refusal(
                "ASSUMPTION_RANGE",
                f"an assumption without {' and '.join(absent)}",
                expected="`low` and `high`",
                do="add the plausible range, or name the source",
                at=(absent[0],),
            )
        for smaller, larger in (("low", "value"), ("value", "high"), ("low", "high")):
            self._check_order(smaller, larger)
        return self

    def _check_order(self, smaller: str, larger: str) -> None:
        first, second = getattr(self, smaller), getattr(self, larger)
        if first is None or second is None:
            return
        if isinstance(first, Duration) and isinstance(second, Duration):
            if first.unit != second.unit:
                message = f"{smaller} and {larger} have different units"
                raise refusal("SOURCED_ORDER", message, expected="one unit", at=(larger,))
            first, second = first.value, second.value
        try:
            is_ordered = cast("_Ordered", first) <= second
        except TypeError:
            # Texts, lists and sections have no order; there is nothing to compare.
            return
        if not is_ordered:
            raise refusal(
                "SOURCED_ORDER",
                f"{smaller} is more than {larger}",
                expected="low ≤ value ≤ high",
                at=(larger,),
            )


class Sourced(_WithSource[T], Generic[T]):
    """State one value with its source and range."""


class DatedEntry(_WithSource[T], Generic[T]):
    """State a value that holds from a date on."""

    since: Day = Field(alias="from", description="The first date on which the value holds.")


class Term(Section):
    """State the first and the last day of something; both belong to it."""

    first: Day
    last: Day

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.last < self.first:
            raise refusal(
                "END_BEFORE_START",
                f"the last day {self.last} lies before the first {self.first}",
                expected="last on or after first",
                at=("last",),
            )
        return self


def _check_dates(entries: tuple[DatedEntry[T], ...]) -> tuple[DatedEntry[T], ...]:
    for number, later in enumerate(entries[1:], start=1):
        earlier = entries[number - 1]
        if earlier.since >= later.since:
            raise refusal(
                "DATED_ORDER",
                f"{later.since} stands after {earlier.since}",
                expected="dates that ascend",
                at=(number, "from"),
            )
    return entries


class Dated(RootModel[tuple[DatedEntry[T], ...]], Generic[T]):
    """State how a value changed over time, from the oldest entry to the youngest."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)

    root: Annotated[
        tuple[DatedEntry[T], ...],
        # A list is the only way to write one in a scenario; what is in it stays strict.
        Field(strict=False, min_length=1),
        AfterValidator(_check_dates),
    ]

    def at(self, day: date) -> T:
        """Return the value that holds on a day; raise ValueError before the first date."""
        entry = next((entry for entry in reversed(self.root) if entry.since <= day), None)
        if entry is None:
            first = self.root[0].since
            raise ValueError(f"no value holds on {day}; expected a date from {first} on")
        return entry.value
