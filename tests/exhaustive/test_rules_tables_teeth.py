"""Mistakes planted in the tables and the shared counters are caught by what compares them."""

from pathlib import Path
from types import ModuleType

import pytest

from tengesim.rules import compile as compiling
from tengesim.rules import counters, tables
from tengesim.rules.evaluate import window_of
from tengesim.rules.terms import Period
from tengesim.rules.usage import PeriodicUsage
from tests.rule_books import MONDAY
from tests.tabled_rules import Code, every_case, first_difference, many_names


def planted(module: ModuleType, right: str, wrong: str) -> ModuleType:
    """Return `module` with one piece of its text replaced, uncompiled."""
    path = module.__file__ or ""
    text = Path(path).read_text(encoding="utf-8")
    assert text.count(right) == 1, f"{right!r} stands {text.count(right)} times in {path}"
    text = text.replace(right, wrong).replace("@kernel\n", "")
    broken = ModuleType(f"planted_{module.__name__.rsplit('.', maxsplit=1)[-1]}")
    exec(compile(text, path, "exec"), vars(broken))  # noqa: S102 - our own text, changed above
    return broken


WALK = [
    ("is_met = fact <= first\n", "is_met = fact < first\n"),
    ("first <= fact < second\n", "first <= fact <= second\n"),
    ("first <= fact < second\n", "first < fact < second\n"),
    ("first if fact < first else second\n", "second\n"),
    ("fact >= 0 and (members", "(members"),
    ("fact >> 6", "fact >> 5"),
    ("fact & 63", "fact & 31"),
    ("(first >> fact) & 1", "(first >> (fact + 1) % 7) & 1"),
    ("value, limit = fact + 1, second", "value, limit = fact, second"),
    ("fact & first != 0\n", "fact & first == first\n"),
    ("is_met = value >= limit", "is_met = value > 0"),
    ("_ones(fact & first), second", "_ones(fact), second"),
    ("rows[at, _IF_PASSED] if is_met else rows[at, _IF_FAILED]", "rows[at, _IF_FAILED]"),
    ("if target != OWN_ANSWER:", "if target == ALLOW:"),
    ("1 if target == NO_PART_PASSED else 0", "1"),
    ("return rows[at, _REASON], rows[at, _RULE]", "return rows[at, _REASON], 0"),
    ("        at = target\n", "        at = at + 1 if target > at else target\n"),
]

ROWS = [
    # Precedence by order only, and the last of equals.
    ("        clauses.sort(key=lambda clause: clause.reason)\n", ""),
    ("key=lambda clause: clause.reason)", "key=lambda clause: (clause.reason, -clause.number))"),
    ("reversed(clauses)", "clauses"),
    # Rules and their validity.
    ("name.operation is operation for", "name.operation is not operation for"),
    ("_Clause(part.reason, first + place,", "_Clause(part.reason, place,"),
    ("rule.valid_from is None and rule.valid_until is None", "rule.valid_from is None"),
    ("min(rule.last_day + 1, _LARGEST)", "min(rule.last_day, _LARGEST)"),
    ("in_force, passed=first, failed=follows", "in_force, passed=first, failed=OWN_ANSWER"),
    # Compositions.
    ("refusal = NO_PART_PASSED", "refusal = OWN_ANSWER"),
    ("refusal = PART_PASSED", "refusal = NO_PART_PASSED"),
    (
        "condition.condition, passed=failed, failed=passed",
        "condition.condition, passed=passed, failed=failed",
    ),
    (
        "        for part in condition.conditions:\n            yield from",
        "        for part in condition.conditions[::-1]:\n            yield from",
    ),
    (
        "failed = self._lay(clause, part, passed=passed, failed=failed)",
        "passed = self._lay(clause, part, passed=passed, failed=failed)",
    ),
    # Questions.
    ("weekdays, passed=in_time, failed=failed", "weekdays, passed=passed, failed=failed"),
    ("sum(1 << day for day in numbers)", "sum(1 << (day + 1) % 7 for day in numbers)"),
    ("_any_of(flag), passed=passed", "_any_of(flag), passed=failed"),
    ("if not flag:", "if names:"),
    ("named, flag, passed=failed, failed=passed", "named, flag, passed=passed, failed=failed"),
    ("_any_of(_AFFILIATED), passed=failed", "_any_of(_AFFILIATED), passed=passed"),
    ("_any_of(_STEP_UP), passed=passed", "_any_of(_STEP_UP), passed=failed"),
    ("leaf.flags, leaf.required", "leaf.flags, leaf.flags.bit_count()"),
    ("is not Operation.CONVERT", "is Operation.CONVERT"),
    (
        "WITHIN, DAY, leaf.first_day, leaf.last_day + 1",
        "WITHIN, DAY, leaf.first_day, leaf.last_day",
    ),
    ("TOTAL + _place(leaf.period)", "TOTAL"),
    ("COUNT + _place(leaf.period)", "COUNT"),
    ("_any_of(leaf.flags)", "_any_of(leaf.flags & -leaf.flags)"),
    ("leaf.flags.bit_count()", "leaf.flags"),
    # Facts and sets.
    ("facts[WEEKDAY] = (observation.day + 3) % 7", "facts[WEEKDAY] = (observation.day + 4) % 7"),
    ("place < len(texts) and texts[place] == text", "place < len(texts)"),
    ("(bits >> shift) & ", "bits & "),
    ("range(0, len(texts), _WORD_BITS)", "range(0, min(len(texts), _WORD_BITS), _WORD_BITS)"),
]

MEMORY = [
    # A window that is over goes on, or the running one is forgotten.
    ("if head >> _WINDOW_SHIFT == windows[period]:", "if head:"),
    ("if head >> _WINDOW_SHIFT == windows[period]:", "if head == windows[period]:"),
    (">> _WINDOW_SHIFT != window:", "== 0:"),
    ("            counters[slot, 2 * column + 1] = 0\n", ""),
    # Counted wrongly, or for somebody else.
    ("        counters[slot, 2 * column] += 1\n", ""),
    (
        "counters[slot, 2 * column + 1] += amount_tiyn",
        "counters[slot, 2 * column + 1] = amount_tiyn",
    ),
    ("head & _PAYMENTS_MASK", "head"),
    ("        window = windows[periods[column]]\n", "        window = windows[column]\n"),
    ("        facts[COUNT + period] = 1\n", ""),
    ("        slot = self._slot_of(payer)\n", "        slot = 0\n"),
    ("if place not in self.periods:", "if place in self.periods:"),
]


@pytest.mark.parametrize(("right", "wrong"), WALK)
def test_a_broken_walk_decides_differently(right: str, wrong: str) -> None:
    """Goal: the comparison bites. Method: one changed piece of the function that decides."""
    code = Code(decide=planted(tables, right, wrong).decide)
    assert is_caught(code)


@pytest.mark.parametrize(("right", "wrong"), ROWS)
def test_broken_rows_decide_differently(right: str, wrong: str) -> None:
    """Goal: the comparison bites. Method: one changed piece of what lays the rows."""
    broken = planted(compiling, right, wrong)
    # Wrong rows may lead anywhere: plain Python refuses a walk out of the array.
    plain = planted(tables, '"""Nothing refuses."""', '"""Nothing."""').decide
    assert is_caught(Code(broken.compile_books, plain, broken.facts_of))


@pytest.mark.parametrize(("right", "wrong"), MEMORY)
def test_broken_counters_count_differently(right: str, wrong: str) -> None:
    """Goal: windows and payers are compared. Method: one changed piece of the counters."""
    assert not is_same_memory(planted(counters, right, wrong))


def test_unbroken_code_is_not_caught() -> None:
    """Goal: what is caught is the mistake. Method: the same detours with nothing changed."""
    walk = planted(tables, '"""Nothing refuses."""', '"""Nothing."""')
    rows = planted(compiling, "# Day 0 is a Thursday.", "# Thursday.")
    assert not is_caught(Code(rows.compile_books, walk.decide, rows.facts_of))
    memory = planted(counters, "A window that is over is not cleared", "It is not cleared")
    assert is_same_memory(memory)


def is_caught(code: Code) -> bool:
    """Return whether small books show a difference, or do not run."""
    try:
        # Sets by themselves first: among others the words before them are different ones.
        return any(
            first_difference(cases, code) is not None for cases in (many_names(), every_case())
        )
    except (IndexError, ValueError):
        return True


def is_same_memory(module: ModuleType) -> bool:
    """Return whether the counters of `module` remember a history as the readable ones."""
    slots = {"alma": 1, "dina": 0}
    for periods in ((Period.DAY,), (Period.WEEK, Period.MONTH), tuple(Period), ()):
        readable = PeriodicUsage(periods)
        table = module.UsageTable(periods, len(slots), slots.__getitem__)
        for step, payer in enumerate(["alma", "dina", "alma", "alma", "dina", "alma"] * 8):
            day = MONDAY + step // 3
            for usage in (readable, table):
                usage.add(payer, day, step + 1)
            for name in slots:
                for period in Period:
                    for asked in (day, day + 1, 0):
                        window = window_of(period, asked)
                        if readable.of(name, period, window) != table.of(name, period, window):
                            return False
    return True
