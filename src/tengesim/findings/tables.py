"""Findings about tables of real payments that replace drawn ones."""

from tengesim.findings.text import FindingText

__all__ = ["TABLES"]

TABLES: dict[str, FindingText] = {
    "TABLE_AMOUNT": FindingText(
        "An amount in a table that is not exactly one amount",
        "The cell is empty, negative, zero, not a plain number, finer than a tiyn or too large.",
        "plain digits with at most two after the point, in the unit that `amount_unit` states",
        "correct the cell; a refund is a payment the other way round",
    ),
    "TABLE_CHANGED": FindingText(
        "A table that is not the one the scenario was resolved with",
        "The scenario states the SHA-256 of its table, and the file beside it has another.",
        "the file as it was, or no `sha256`",
        "put the file back, or remove `sha256` to take the new one",
    ),
    "TABLE_COLUMN": FindingText(
        "A column that is missing, unknown or there twice",
        "The map names a column that the table lacks, or the table has one of which nothing is"
        " said, so that a reader could think it counts.",
        "columns that the map names, each once",
        "correct the map, or list the column under `ignore`",
    ),
    "TABLE_HORIZON": FindingText(
        "A payment outside the horizon",
        "The payment lies before the start of the clock or not before its end, so it would not be"
        " simulated.",
        "times within `clock.start` and `clock.end`",
        "move the horizon, or take the rows out of the table",
    ),
    "TABLE_MISSING": FindingText(
        "A scenario without its table of payments or prices",
        "The scenario was not loaded from its file, so the table it names was not read; a stored"
        " scenario has the digest of the table and not the table.",
        "the scenario file with its table beside it",
        "load the scenario from its own folder",
    ),
    "TABLE_PARTY": FindingText(
        "An identifier that is missing or damaged",
        "Payer, payee or id is empty, has spaces around it, or was changed by a spreadsheet: made a"
        " rounded number such as 1.23E+11, or robbed of the zeros in front. Nobody pays himself,"
        " and nobody bears the name of an institution.",
        "identifiers exactly as issued, as text",
        "export the column as text",
    ),
    "TABLE_ROW": FindingText(
        "A row that does not fit its columns",
        "The row has more or fewer cells than there are columns, or is not UTF-8 text.",
        "one cell for each column, quoted where it holds the delimiter",
        "correct the row",
    ),
    "TABLE_TIME": FindingText(
        "A time in a table that cannot be read",
        "The cell is no time, or one that does not exist, such as on 31 February.",
        "a time such as `2026-03-01T09:30:00`",
        "correct the cell",
    ),
    "TABLE_TWICE": FindingText(
        "One id for two rows",
        "Ids tell payments apart, and balances parties; one that repeats is a row that repeats, or"
        " is wrong.",
        "each id once",
        "remove the repeated row, or correct the id",
    ),
    "TABLE_ZONE": FindingText(
        "Times of several zones in one table",
        "Some times bear another offset from UTC than the table states, or none where all should.",
        "times without an offset or with the stated one; or all with their own and `as_written`",
        "write all times in one zone, or set `time_zone: as_written`",
    ),
}
