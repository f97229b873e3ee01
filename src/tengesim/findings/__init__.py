"""The catalogue of findings: what each code means, what is expected, and the way out.

Apart from the errors because it is text for people: every code has its page in
`tengesim explain CODE`, and a code that is not here cannot be reported.
"""

from tengesim.findings.files import FILES
from tengesim.findings.market import MARKET
from tengesim.findings.rules import RULES
from tengesim.findings.tables import TABLES
from tengesim.findings.text import FindingText
from tengesim.findings.values import VALUES
from tengesim.findings.worlds import WORLDS

__all__ = ["FINDING_CODES", "FindingText"]

FINDING_CODES: dict[str, FindingText] = dict(
    sorted({**FILES, **VALUES, **WORLDS, **RULES, **TABLES, **MARKET}.items())
)
