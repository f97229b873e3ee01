"""Findings about worlds whose parts do not fit together: sources, shares, people, names, days."""

from tengesim.findings.text import FindingText

__all__ = ["WORLDS"]

WORLDS: dict[str, FindingText] = {
    "AGES": FindingText(
        "A table of ages with a gap or an overlap",
        "Ages are told in bands. Everybody has one age, and children are told from adults at 18.",
        "bands that ascend from 0, each starting where the one before ends, one of them at 18",
        "correct `from` and `to` of the band",
    ),
    "ASSUMPTION_RANGE": FindingText(
        "An assumption without its range",
        "A number without a source is an assumption; its low and high ends say how much we do"
        " not know.",
        "`low` and `high` next to `source: assumption`",
        "add the ends of the plausible range, or name the source",
    ),
    "BANDS": FindingText(
        "A band that is inside out",
        "A band around a weight has its floor below and its ceiling above it, and a guard opens"
        " again at a smaller fall than it shut at.",
        "floor ≤ share ≤ ceiling, and release below fall",
        "put the bounds in order",
    ),
    "DATED_ORDER": FindingText(
        "Dated values out of order",
        "A list of dated values is read from the oldest to the youngest; each date once.",
        "`from` dates that ascend",
        "sort the list and remove repeated dates",
    ),
    "END_BEFORE_START": FindingText(
        "A period that ends before it starts",
        "The end of the period is not after its start.",
        "an end after the start",
        "correct one of the two dates",
    ),
    "HOUSEHOLDS": FindingText(
        "People of whom no households can be made",
        "Children live with adults, parents are older than their children, and couples are a woman"
        " and a man. The tables of ages, of household sizes, or of a programme leave no way to do"
        " so.",
        "ages, household sizes and programmes that fit together",
        "change the table that the message names",
    ),
    "LUNCH_BREAK": FindingText(
        "A lunch break over the full hour",
        "Payments are drawn hour by hour, and a lunch break belongs to one hour.",
        "start and spread of a break within one clock hour",
        "start the break earlier in the hour, or make the spread smaller",
    ),
    "METHODS": FindingText(
        "Proofs of presence that are not the known ones",
        "The canteens of a programme divide among all known proofs; an unused one has share 0 %.",
        "card, qr and palm, in this order",
        "write all three, with 0 % for those that no school uses",
    ),
    "ARM": FindingText(
        "An arm that lacks what it needs, or has what it cannot use",
        "How contracts are paid (`procurement.money`) does not fit together: marked money without"
        " terms of its mark, a mark where money is ordinary, or rules that nobody would ask.",
        "an arm with the keys that it needs and no others",
        "add the key that is missing, or remove the one that has no use",
    ),
    "SUBCONTRACT_CYCLE": FindingText(
        "Subcontracting that comes back to itself",
        "Work that a firm passes on comes back to it further down, so nobody would do it.",
        "a chain that begins with the supplier and ends",
        "pass the work on to somebody who is not above in the chain",
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
    "NO_PROCUREMENT": FindingText(
        "A run without public contracts",
        "Only a run in which somebody bought something under contracts has tenders, awards and"
        " contracts to export.",
        "a run of a scenario with `procurement`, such as road_repair",
        "export another run",
    ),
    "OUTSIDE_HORIZON": FindingText(
        "Days that the run does not reach",
        "Something is dated on days that lie before the start or after the end of the clock, or"
        " goes on beyond it: a term, an outage, offline payments on their way.",
        "days within the horizon",
        "move the days, or the horizon in `clock`",
    ),
    "REGION": FindingText(
        "A region that is not one of the twenty",
        "Regions bear the codes of ISO 3166-2:KZ since November 2022; the letter codes before"
        " them are not read.",
        "a code such as `KZ-71` for Astana",
        "write the code of the region",
    ),
    "LOG_NOT_FULL": FindingText(
        "A log of which not every row was kept",
        "What is asked for follows single payments, and the run kept a sample or a summary of its"
        " log (`run.log`). Its cube, its digest and the metrics that need no single payment are"
        " those of a run with the full log.",
        "a run that keeps the full log",
        "run the scenario again with `--set run.log=full`",
    ),
    "REPORT_EMPTY": FindingText(
        "A fiscal note about no money",
        "A fiscal note says what programmes cost the budget, and no programme of the run spent"
        " anything.",
        "a run in which a programme pays for something",
        "ask for the full report, without `--form fiscal_note`",
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
    "TIER_ORDER": FindingText(
        "Limits of wallets out of order",
        "Whoever is better known may hold and pay at least as much, a day allows at least one"
        " payment, and a child has no more than its parents.",
        "limits that do not fall from one tier to the next",
        "put the tiers in order, or correct the limit",
    ),
    "WORLD_EMPTY": FindingText(
        "A section without a world around it",
        "Wallets, payments and income need people, purses need wallets, and every scenario needs"
        " a programme, people, a budget or assets, for without them nothing happens; whoever"
        " holds assets needs a market.",
        "the sections that this one speaks of",
        "add the section that is missing, or remove the one that needs it",
    ),
}
