"""Findings about a single value: its kind, its unit, its range."""

from tengesim.findings.text import FindingText

__all__ = ["VALUES"]

VALUES: dict[str, FindingText] = {
    "AMOUNT_UNIT": FindingText(
        "An amount without a unit",
        "Amounts of money are text with a unit, so that tenge, tiyn and MCI are never confused.",
        "an amount such as `811 KZT`, `2.1 bn KZT`, `50 tiyn` or `3 MCI`",
        "add the unit",
    ),
    "AMOUNT_USD": FindingText(
        "An amount of dollars that cannot be read",
        "Assets are bought and sold for US dollars; such an amount is text with its unit, not"
        " negative and not finer than one cent.",
        "an amount such as `350 m USD` or `16.7 m USD`",
        "write the amount with USD behind it",
    ),
    "AMOUNT_VALUE": FindingText(
        "An amount that cannot be read exactly",
        "The amount has a unit but its number is negative, too large, not finite, or finer than"
        " one tiyn.",
        "a non-negative number of whole tiyn",
        "correct the number",
    ),
    "CHOICE": FindingText(
        "A word that is not one of the choices",
        "The key takes one of a fixed list of words.",
        "one of the words named in the message",
        "choose one of them",
    ),
    "COUNT_VALUE": FindingText(
        "A count that is not a whole number",
        "Counts are whole numbers, optionally followed by what is counted.",
        "a count such as `111000 pupils`, `1.2 m people` or `250`",
        "correct the number",
    ),
    "DATE": FindingText(
        "A date that does not exist or is written otherwise",
        "Dates are written year-month-day; the day must exist in that year.",
        "a date such as `2026-02-01`",
        "correct the date",
    ),
    "DURATION": FindingText(
        "A duration that cannot be read",
        "Durations are text with a unit. Months and years are refused: their length varies.",
        "a duration such as `15 s`, `30 min`, `2 h`, `3 days` or `5 business days`",
        "correct the duration",
    ),
    "LIST_EXPECTED": FindingText(
        "A list was due",
        "The key takes a list.",
        "lines that start with `- `",
        "write a list",
    ),
    "MAPPING_EXPECTED": FindingText(
        "A section was due",
        "The key takes a section: keys with values.",
        "indented lines `key: value`",
        "write a section",
    ),
    "MISSING_KEY": FindingText(
        "A required key is missing",
        "The section cannot be understood without this key.",
        "the key with a value",
        "add the key",
    ),
    "NAME": FindingText(
        "A text of another form",
        "The key takes texts of one form only, such as a name, a code or an offset.",
        "a text of the form that the message names",
        "write it in that form",
    ),
    "NUMBER_EXPECTED": FindingText(
        "A number was due",
        "The key takes a number in plain decimal digits.",
        "a number such as `0.25` or `12`",
        "write a number without quotes or exponent",
    ),
    "NUMBER_TOO_LONG": FindingText(
        "A number with too many digits",
        "Numbers have at most 40 digits.",
        "a shorter number, or a text in quotes",
        "put an identifier in quotes; shorten a number",
    ),
    "RANGE": FindingText(
        "A value outside what is allowed",
        "The value has the right kind but is too small, too large, too short or too long.",
        "a value within the limits named in the message",
        "correct the value",
    ),
    "RATE": FindingText(
        "A rate that cannot be read",
        "Rates are text with a unit; the finest step is one basis point.",
        "a rate such as `8 %`, `0.5 %` or `80 bp`",
        "correct the rate",
    ),
    "TEXT_EXPECTED": FindingText(
        "A text was due",
        "The key takes a text, and this is a number, true, false or null.",
        "a text",
        "put the value in quotes",
    ),
    "TIME_OF_DAY": FindingText(
        "A time of day that cannot be read",
        "Times of day are hours and minutes from 00:00 to 23:59.",
        "a time such as `07:30`",
        "correct the time",
    ),
    "TRUE_FALSE_EXPECTED": FindingText(
        "True or false was due",
        "Only the words `true` and `false` are read as such; yes, no, on and off are texts.",
        "`true` or `false`",
        "write true or false",
    ),
    "UNKNOWN_KEY": FindingText(
        "A key that means nothing here",
        "No section of this kind has such a key.",
        "a key out of the schema (`tengesim schema`)",
        "correct the key, or remove the line",
    ),
    "VALUE": FindingText(
        "A value that does not fit",
        "The value has a meaning the section cannot accept; the message says why.",
        "what the message says",
        "correct the value",
    ),
    "WHOLE_NUMBER_EXPECTED": FindingText(
        "A whole number was due",
        "The key takes a whole number in decimal digits.",
        "a whole number such as `12`",
        "write a whole number without quotes",
    ),
}
