"""The catalogue of findings: what each code means, what is expected, and the way out.

Apart from the errors because it is text for people: every code has its page in
`tengesim explain CODE`, and a code that is not here cannot be reported.
"""

from dataclasses import dataclass

__all__ = ["FINDING_CODES", "FindingText"]


@dataclass(frozen=True, slots=True)
class FindingText:
    """Explain one finding code on its own page: what it means and the way out."""

    title: str
    what: str
    expected: str
    do: str


FINDING_CODES: dict[str, FindingText] = {
    "AGES": FindingText(
        "A table of ages with a gap or an overlap",
        "Ages are told in bands. Everybody has one age, and children are told from adults at 18.",
        "bands that ascend from 0, each starting where the one before ends, one of them at 18",
        "correct `from` and `to` of the band",
    ),
    "ALIAS": FindingText(
        "Anchors and aliases are not read",
        "The file uses `&name` or `*name`. A few aliases of aliases can blow a short file up to"
        " gigabytes, so none are read.",
        "every value written out",
        "write the value where it is needed, or move what is shared to a scenario both extend",
    ),
    "AMOUNT_UNIT": FindingText(
        "An amount without a unit",
        "Amounts of money are text with a unit, so that tenge, tiyn and MCI are never confused.",
        "an amount such as `811 KZT`, `2.1 bn KZT`, `50 tiyn` or `3 MCI`",
        "add the unit",
    ),
    "AMOUNT_VALUE": FindingText(
        "An amount that cannot be read exactly",
        "The amount has a unit but its number is negative, too large, not finite, or finer than"
        " one tiyn.",
        "a non-negative number of whole tiyn",
        "correct the number",
    ),
    "ASSUMPTION_RANGE": FindingText(
        "An assumption without its range",
        "A number without a source is an assumption; its low and high ends say how much we do"
        " not know.",
        "`low` and `high` next to `source: assumption`",
        "add the ends of the plausible range, or name the source",
    ),
    "CHOICE": FindingText(
        "A word that is not one of the choices",
        "The key takes one of a fixed list of words.",
        "one of the words named in the message",
        "choose one of them",
    ),
    "CLAIMS_MISSING": FindingText(
        "Ordinary money without claims",
        "With ordinary money deliveries are recorded by a rule book and claimed later, and the"
        " programme does not say how.",
        "a section `claims` and a `rule_book` in the programme",
        "add them, or pay in marked money",
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
    "DATED_ORDER": FindingText(
        "Dated values out of order",
        "A list of dated values is read from the oldest to the youngest; each date once.",
        "`from` dates that ascend",
        "sort the list and remove repeated dates",
    ),
    "DUPLICATE_KEY": FindingText(
        "One key twice in a mapping",
        "The same key is written twice; ordinary YAML readers keep the second silently.",
        "each key once",
        "remove one of the two lines",
    ),
    "DURATION": FindingText(
        "A duration that cannot be read",
        "Durations are text with a unit. Months and years are refused: their length varies.",
        "a duration such as `15 s`, `30 min`, `2 h`, `3 days` or `5 business days`",
        "correct the duration",
    ),
    "EMPTY_FILE": FindingText(
        "Nothing in the file",
        "The file holds no document.",
        "a mapping that starts with `format: 1`",
        "write the scenario, or name another file",
    ),
    "ENCODING": FindingText(
        "The file is not plain UTF-8 text",
        "The file has a byte order mark, is UTF-16, holds a NUL or control character, or bytes"
        " that are not UTF-8.",
        "UTF-8 without byte order mark",
        "save the file as UTF-8",
    ),
    "END_BEFORE_START": FindingText(
        "A period that ends before it starts",
        "The end of the period is not after its start.",
        "an end after the start",
        "correct one of the two dates",
    ),
    "EVIDENCE_TOO_WEAK": FindingText(
        "Marked money spent on a report",
        "Marked money is spent by the pupil at the counter; a reported head-count has no payer.",
        "`evidence: digital` with `money: marked`",
        "prove presence digitally, or pay in ordinary money",
    ),
    "EXTENDS_CYCLE": FindingText(
        "Scenarios that extend each other",
        "Following `extends` leads back to a file already read.",
        "a chain of scenarios that ends",
        "remove `extends` from one file of the circle",
    ),
    "EXTENDS_DEPTH": FindingText(
        "Too long a chain of scenarios",
        "Each scenario extends another, more than twelve deep.",
        "at most 12 scenarios in a chain",
        "join some of them into one file",
    ),
    "FILE_TOO_LARGE": FindingText(
        "The file is too large",
        "A scenario has at most 1 MiB.",
        "at most 1,048,576 bytes",
        "split what is shared into a scenario to extend",
    ),
    "FORMAT": FindingText(
        "A scenario of another format",
        "The first line of a scenario says which format it is written in.",
        "`format: 1`",
        "add `format: 1`; a higher number needs a younger tengesim",
    ),
    "HOUSEHOLDS": FindingText(
        "People of whom no households can be made",
        "Children live with adults, parents are older than their children, and couples are a woman"
        " and a man. The tables of ages, of household sizes, or of a programme leave no way to do"
        " so.",
        "ages, household sizes and programmes that fit together",
        "change the table that the message names",
    ),
    "LIMITS_CROSSED": FindingText(
        "A limit for one payment above the limit for a period",
        "One payment may be as large as the first limit says, and then exceeds the second.",
        "a limit for one payment within the limit for the period",
        "lower the one, or raise the other",
    ),
    "LIMITS_OUT_OF_ORDER": FindingText(
        "Limits that contradict one another",
        "What may be paid at once is at most what may be paid in a day or held, and a tier with"
        " more identification has no lower limits than one with less.",
        "limits that grow with the tier, from payment to day to balance",
        "correct the limit that stands out",
    ),
    "LIMIT_BELOW_PRICE": FindingText(
        "A limit below the price",
        "What the programme pays for costs more than the rule allows, so nothing can be bought.",
        "a limit of at least the price",
        "raise the limit, or correct the price",
    ),
    "LIST_EXPECTED": FindingText(
        "A list was due",
        "The key takes a list.",
        "lines that start with `- `",
        "write a list",
    ),
    "LUNCH_BREAK": FindingText(
        "A lunch break over the full hour",
        "Payments are drawn hour by hour, and a lunch break belongs to one hour.",
        "start and spread of a break within one clock hour",
        "start the break earlier in the hour, or make the spread smaller",
    ),
    "MAPPING_EXPECTED": FindingText(
        "A section was due",
        "The key takes a section: keys with values.",
        "indented lines `key: value`",
        "write a section",
    ),
    "MARKS_OVERLAP": FindingText(
        "Two marks for the same money",
        "Two marks of one programme and owner are valid on the same days.",
        "days of validity that do not overlap",
        "separate their days, or make them one mark",
    ),
    "MARK_MISSING": FindingText(
        "Marked money without a mark",
        "The money of the programme is marked, but no mark is named, so no rule would travel"
        " with it.",
        "a section `marked` that names a mark of `marks`",
        "name the mark, or set `money: ordinary`",
    ),
    "MARK_STRANDS": FindingText(
        "Marked money that can never get out",
        "The rule book lacks what frees a payee's money, or what returns money left at expiry.",
        "an effect `sheds_mark` and a procedure `return_on_expiry`",
        "add what the message names",
    ),
    "MARK_TOO_SHORT": FindingText(
        "A mark that does not last as long as its programme",
        "The mark is not valid on all days on which the programme serves, so purses would be filled"
        " with money that cannot be spent or is never taken back.",
        "a mark that is valid on every day of the term",
        "move the validity of the mark, or the term of the programme",
    ),
    "MERGE_KEY": FindingText(
        "Merge keys are not read",
        "The file uses `<<:`, which needs aliases.",
        "every value written out",
        "write the keys out, or move them to a scenario both extend",
    ),
    "METHODS": FindingText(
        "Proofs of presence that are not the known ones",
        "The canteens of a programme divide among all known proofs; an unused one has share 0 %.",
        "card, qr and palm, in this order",
        "write all three, with 0 % for those that no school uses",
    ),
    "METHOD_NOT_OFFERED": FindingText(
        "A proof of presence that nobody offers",
        "The rule accepts only proofs of presence that the programme does not offer.",
        "one of the methods that the programme offers",
        "offer one of the methods of the rule, or accept one that is offered",
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
    "NAME_TWICE": FindingText(
        "One name for two things",
        "Two entries of a list have the same name, so nothing can refer to either.",
        "each name once",
        "rename one of the two",
    ),
    "NAME_UNKNOWN": FindingText(
        "A name that nothing has",
        "The scenario refers to something by a name that no section declares.",
        "the name of something declared in this scenario or the ones it extends",
        "correct the name, or declare it",
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
    "OUTSIDE_HORIZON": FindingText(
        "Days that the run does not reach",
        "Something is dated on days that lie before the start or after the end of the clock, or"
        " goes on beyond it: a term, an outage, offline payments on their way.",
        "days within the horizon",
        "move the days, or the horizon in `clock`",
    ),
    "PATH_OUTSIDE": FindingText(
        "A path that leads outside",
        "`extends` reads only shipped scenarios and files in the folder of the scenario or below"
        " it; it follows no link out of there, and no web address.",
        "a shipped name or a relative path inside the folder",
        "copy the file next to the scenario",
    ),
    "PURPOSE_EXCLUDED": FindingText(
        "A rule that forbids its own purpose",
        "The rule allows other purposes or merchant categories than the mark's own programme has.",
        "the purpose or category of the programme among those allowed",
        "name it in the rule",
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
    "REGION": FindingText(
        "A region that is not one of the twenty",
        "Regions bear the codes of ISO 3166-2:KZ since November 2022; the letter codes before"
        " them are not read.",
        "a code such as `KZ-71` for Astana",
        "write the code of the region",
    ),
    "REPORT_EMPTY": FindingText(
        "A fiscal note about no money",
        "A fiscal note says what programmes cost the budget, and no programme of the run spent"
        " anything.",
        "a run in which a programme pays for something",
        "ask for the full report, without `--form fiscal_note`",
    ),
    "RULE_ALWAYS": FindingText(
        "A rule that refuses nothing",
        "Every payment that the rule guards passes it.",
        "a rule that at least one payment fails",
        "remove the rule, or correct its condition or what it is `on`",
    ),
    "RULE_CONTRADICTS": FindingText(
        "Rules that contradict each other",
        "No payment can satisfy both rules.",
        "rules that at least one payment satisfies",
        "remove or loosen one of the two",
    ),
    "RULE_NEVER": FindingText(
        "A rule that nothing can satisfy",
        "No payment at all passes this rule, so the money it governs can never move.",
        "a rule that at least one payment satisfies",
        "loosen the rule",
    ),
    "RULE_UNREACHABLE": FindingText(
        "A rule or mark that is never in force",
        "Its days of validity lie outside those on which it could matter.",
        "days within the validity of the mark and within the run",
        "correct the days, or remove it",
    ),
    "RULE_UNUSED": FindingText(
        "A rule that changes nothing",
        "Every payment this rule would refuse is refused by another before it, or nothing is"
        " governed by it.",
        "rules that can matter",
        "remove the rule, or correct what it governs",
    ),
    "SETTING": FindingText(
        "A `--set` that cannot be read",
        "A setting is a path, an equals sign and a value.",
        "`--set path.to.key=value`",
        "correct the setting",
    ),
    "SETTING_UNKNOWN": FindingText(
        "A `--set` path that leads nowhere",
        "The scenario has no such key.",
        "a path of keys that the scenario has",
        "correct the path",
    ),
    "SHARES": FindingText(
        "Shares that are not a whole",
        "Shares of one whole must add up to it, so that nobody is left out or counted twice.",
        "shares that add up to 100 %",
        "correct one of the shares",
    ),
    "SOURCE": FindingText(
        "A value without a source",
        "Every number says where it comes from: a link, or the word `assumption`.",
        "`source: https://…` or `source: assumption`",
        "add the source",
    ),
    "SOURCED_ORDER": FindingText(
        "A value outside its own range",
        "The value must lie between its `low` and its `high`.",
        "low ≤ value ≤ high",
        "correct the three numbers; a `--set` outside the range needs `.low` and `.high` too",
    ),
    "SYNTAX": FindingText(
        "The text is not YAML",
        "The reader stopped at this line: a bracket or quote is open, or the indentation is off.",
        "`key: value` lines, indented with spaces",
        "look at this line and the one above it",
    ),
    "TAB": FindingText(
        "A tab character",
        "Tabs look like spaces but are not; YAML forbids them in indentation.",
        "spaces",
        "replace tabs by spaces",
    ),
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
        "A scenario without its table of payments",
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
    "TAG": FindingText(
        "Type tags are not read",
        "The file uses `!name` or `!!name`.",
        "plain values",
        "remove the tag",
    ),
    "TEXT_EXPECTED": FindingText(
        "A text was due",
        "The key takes a text, and this is a number, true, false or null.",
        "a text",
        "put the value in quotes",
    ),
    "TIER_ORDER": FindingText(
        "Limits of wallets out of order",
        "Whoever is better known may hold and pay at least as much, a day allows at least one"
        " payment, and a child has no more than its parents.",
        "limits that do not fall from one tier to the next",
        "put the tiers in order, or correct the limit",
    ),
    "TIMES_OUT_OF_ORDER": FindingText(
        "Times of a day that do not follow one another",
        "Money is issued before it is given out, refunds come before the day is closed, marks are"
        " shed before money is redeemed, and claims are submitted before they are paid.",
        "times in the order in which the day needs them",
        "move one of the times",
    ),
    "TIME_OF_DAY": FindingText(
        "A time of day that cannot be read",
        "Times of day are hours and minutes from 00:00 to 23:59.",
        "a time such as `07:30`",
        "correct the time",
    ),
    "TOO_DEEP": FindingText(
        "Sections nested too deep",
        "Sections and lists may be nested at most 20 deep.",
        "at most 20 levels",
        "flatten the structure",
    ),
    "TOO_MANY_NODES": FindingText(
        "Too many values",
        "A scenario has at most 100,000 keys and values.",
        "at most 100,000 keys and values",
        "give totals by region instead of single values",
    ),
    "TRUE_FALSE_EXPECTED": FindingText(
        "True or false was due",
        "Only the words `true` and `false` are read as such; yes, no, on and off are texts.",
        "`true` or `false`",
        "write true or false",
    ),
    "TWO_DOCUMENTS": FindingText(
        "More than one document",
        "The file is cut by `---` into several documents.",
        "one document in a file",
        "make one file of each",
    ),
    "UNKNOWN_KEY": FindingText(
        "A key that means nothing here",
        "No section of this kind has such a key.",
        "a key out of the schema (`tengesim schema`)",
        "correct the key, or remove the line",
    ),
    "UNKNOWN_SCENARIO": FindingText(
        "No such scenario",
        "There is neither a file nor a shipped scenario of this name.",
        "a file, or a name out of `tengesim list`",
        "correct the name",
    ),
    "UNREADABLE": FindingText(
        "A file that cannot be opened",
        "The file exists but cannot be read, or is a folder.",
        "a readable file",
        "check the path and its permissions",
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
    "WORLD_EMPTY": FindingText(
        "A section without a world around it",
        "Wallets, payments and income need people, purses need wallets, and every scenario needs"
        " a programme, people or a budget, for without them nothing happens.",
        "the sections that this one speaks of",
        "add the section that is missing, or remove the one that needs it",
    ),
}
