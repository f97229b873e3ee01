"""Findings about markets: how assets move together, and tables of past prices."""

from tengesim.findings.text import FindingText

__all__ = ["MARKET"]

MARKET: dict[str, FindingText] = {
    "CORRELATION": FindingText(
        "Assets that cannot move together as stated",
        "Correlations contradict one another: if two assets move with a third, they move with each"
        " other. With these numbers some mixture of the assets named would have a negative"
        " variance.",
        "a correlation matrix that is positive semi-definite",
        "bring the correlations of the assets named closer to 0, or take all from one table",
    ),
    "CORRELATION_PAIR": FindingText(
        "A pair of assets without one correlation",
        "Every two assets that are not pegged have one correlation. A pair that is left out would"
        " be taken for independent, which is an assumption too.",
        "each pair once",
        "state the pair, with its range if it is an assumption",
    ),
    "JUMPS_TOO_LARGE": FindingText(
        "Jumps that move a price more than its volatility says",
        "The volatility of an asset is that of its whole law. Jumps alone have more than that:"
        " number × (mean² + spread²) exceeds volatility².",
        "jumps that leave some of the volatility",
        "make jumps rarer or smaller, or the volatility larger",
    ),
    "PRICE_GAP": FindingText(
        "A table of prices with days missing",
        "Returns are from one day to the next, so a gap would count as one wild day.",
        "every day from the first to the last",
        "add the days; where a market was closed, with the price of the day before",
    ),
    "PRICE_ORDER": FindingText(
        "A table of prices out of order",
        "A date stands after a later one, so the table was sorted otherwise or put together of"
        " several.",
        "dates that ascend, each once",
        "sort the table by date",
    ),
    "PRICE_VALUE": FindingText(
        "A price that is not exactly one positive number",
        "The cell is empty, NaN, negative, zero or not a plain number.",
        "plain digits such as `96500.25`",
        "correct the cell",
    ),
    "PRICES_FEW": FindingText(
        "Too few past prices",
        "Blocks of days are drawn out of the table, and volatility cannot be read from a few days.",
        "at least 31 days",
        "take a longer table",
    ),
}
