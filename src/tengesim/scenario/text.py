"""Scenario text to a tree of nodes with line numbers, through a small and safe part of YAML.

What an author wrote is what comes out: only `true`, `false`, `null`, whole numbers and plain
decimals are not text, so an identifier keeps its leading zero and `no` stays a word. Nothing that
can make a short file large (aliases, merge keys) or mean something else (tags, repeated keys) is
read, and every limit holds before the cost it limits is paid.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from tengesim.errors import Finding

__all__ = [
    "BYTES_MAX",
    "DEPTH_MAX",
    "LINES_MAX",
    "NODES_MAX",
    "Budget",
    "Listing",
    "Mapping",
    "Node",
    "Place",
    "Scalar",
    "Value",
    "read_document",
    "read_known",
    "read_scalar",
    "shorten",
]

BYTES_MAX = 1_048_576
LINES_MAX = 50_000
DEPTH_MAX = 20
# The parser needs 25 µs a node and 3 µs a line, measured: the largest scenario is read in a second.
NODES_MAX = 25_000
DIGITS_MAX = 40
# A float keeps 15 decimal digits, and readers of JSON have nothing else.
DECIMAL_DIGITS_MAX = 15

_KNOWN_MAX = 256
_SHOWN_MAX = 40
_REPORTED_MAX = 10
_MERGE_KEY = "<<"
_INTEGER = re.compile(r"-?[1-9][0-9]*|0")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "": None}
# Everything YAML does not call printable, lone surrogates, the line breaks that editors do not
# count, and marks that reverse the direction of what is shown.
_NOT_TEXT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_SYNTAX = (
    ("mapping values are not allowed", "a second colon in one line", "put the value in quotes"),
    ("cannot start any token", "a value starts with a reserved character", "put it in quotes"),
    ("quoted scalar", "a quote is opened and not closed", "close the quote"),
    ("flow sequence", "a square bracket is not closed, or a comma is missing", "close the bracket"),
    (
        "flow node",
        "a value is missing in brackets, or a bracket is not closed",
        "close the bracket",
    ),
    ("flow mapping", "a curly bracket is not closed, or a comma is missing", "close the bracket"),
    ("block end", "the line does not fit the indentation above it", "align it with its neighbours"),
    ("sequence entries are not allowed", "a dash stands behind a colon", "start the list below it"),
    ("could not find expected ':'", "a line without a colon", "write `key: value`"),
    ("escape", "an unknown escape in double quotes", "use single quotes"),
    ("'alias'", "a star without a name", "put a value that starts with * in quotes"),
    ("'anchor'", "an ampersand without a name", "put a value that starts with & in quotes"),
)

Value = bool | int | Decimal | str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Say where something was written; a setting has no line."""

    file: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Scalar:
    """Hold one value."""

    value: Value
    place: Place


@dataclass(frozen=True, slots=True)
class Listing:
    """Hold values in order."""

    items: tuple["Node", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Mapping:
    """Hold values by key; each is placed where its key stands."""

    entries: dict[str, "Node"]
    place: Place


Node = Scalar | Listing | Mapping


@dataclass(slots=True)
class Budget:
    """Count down what all files of one scenario may cost together."""

    bytes_left: int = BYTES_MAX
    lines_left: int = LINES_MAX
    nodes_left: int = NODES_MAX


def read_document(
    content: bytes, file: str, budget: Budget | None = None
) -> tuple[Node | None, list[Finding]]:
    """Read one file into a tree, with findings about everything that is not allowed in it.

    The tree is None when nothing can be read. No content raises.
    """
    budget = budget or Budget()
    if len(content) > budget.bytes_left:
        message = f"the scenario has more than {BYTES_MAX:,} bytes"
        return None, [Finding("FILE_TOO_LARGE", message, file)]
    line_count = content.count(b"\n")
    if line_count > budget.lines_left:
        message = f"the scenario has more than {LINES_MAX:,} lines"
        return None, [Finding("FILE_TOO_LARGE", message, file)]
    budget.bytes_left -= len(content)
    budget.lines_left -= line_count
    text, findings = _decode(content, file)
    if findings:
        return None, findings
    reader = _Reader(file, budget)
    try:
        node = reader.read(text)
    except _StopReading:
        node = None
    return node, reader.findings


def read_known(content: bytes, file: str, budget: Budget) -> tuple[Node | None, list[Finding]]:
    """Read a file that others extend as `read_document` would, but only once in a process.

    Only for files that come with the simulator: what strangers send is not kept.
    """
    node, cost = _known(content, file)
    left = Budget(
        budget.bytes_left - cost.bytes_left,
        budget.lines_left - cost.lines_left,
        budget.nodes_left - cost.nodes_left,
    )
    if node is None or min(left.bytes_left, left.lines_left, left.nodes_left) < 0:
        return read_document(content, file, budget)
    budget.bytes_left, budget.lines_left = left.bytes_left, left.lines_left
    budget.nodes_left = left.nodes_left
    return node, []


@lru_cache(maxsize=_KNOWN_MAX)
def _known(content: bytes, file: str) -> tuple[Node | None, Budget]:
    """Return the tree of a file without findings, else None, and what it takes of a budget."""
    left = Budget()
    node, findings = read_document(content, file, left)
    cost = Budget(
        BYTES_MAX - left.bytes_left, LINES_MAX - left.lines_left, NODES_MAX - left.nodes_left
    )
    return None if findings else node, cost


def read_scalar(text: str) -> Value:
    """Return the value that a plain text means; raise ValueError when it has too many digits.

    >>> read_scalar("12"), read_scalar("012"), read_scalar("no")
    (12, '012', 'no')
    """
    if text in _WORDS:
        return _WORDS[text]
    digits = sum(character.isdigit() for character in text[: DIGITS_MAX + 2])
    if _INTEGER.fullmatch(text):
        if digits > DIGITS_MAX:
            raise ValueError(f"a number of more than {DIGITS_MAX} digits")
        return int(text)
    if _DECIMAL.fullmatch(text):
        if digits > DECIMAL_DIGITS_MAX:
            raise ValueError(f"a decimal number of more than {DECIMAL_DIGITS_MAX} digits")
        return Decimal(text)
    return text


def shorten(text: str) -> str:
    """Return a text fit for one line of a message."""
    kept = text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"
    return "".join(character if character.isprintable() else "�" for character in kept)


class _StopReading(Exception):  # noqa: N818 (it is no error of the program)
    """Leave the file; why is in the findings."""


def _decode(content: bytes, file: str) -> tuple[str, list[Finding]]:
    """Return the text with one kind of line end, or what makes the bytes no text."""

    def refused(message: str, line: int = 1) -> tuple[str, list[Finding]]:
        expected = "UTF-8 without byte order mark"
        return "", [Finding("ENCODING", message, file, line, None, expected, "save it as UTF-8")]

    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return refused("the file is UTF-16")
    if content.startswith(b"\xef\xbb\xbf"):
        return refused("the file starts with a byte order mark")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return refused("bytes that are not UTF-8", line)
    text = text.replace("\r\n", "\n")
    strange = _NOT_TEXT.search(text)
    if strange is not None:
        message = f"a character that cannot be seen, U+{ord(strange.group()):04X}"
        line = text.count("\n", 0, strange.start()) + 1
        return "", [Finding("ENCODING", message, file, line, do="remove the character")]
    if "\t" in text:
        lines = [number for number, line in enumerate(text.split("\n"), 1) if "\t" in line]
        return "", [
            Finding("TAB", "a tab character", file, number, None, "spaces", "replace it by spaces")
            for number in lines[:_REPORTED_MAX]
        ]
    for number, written in enumerate(text.split("\n"), 1):
        if written.startswith("%"):
            message = "a line that starts with a per cent sign"
            do = "remove the directive, or put the value in quotes"
            return "", [Finding("SYNTAX", message, file, number, None, "`key: value`", do)]
        if written.strip() and not written.startswith("#"):
            break
    return text, []


class _Reader:
    """Turn the events of one file into a tree, and remember where in the tree it stands."""

    def __init__(self, file: str, budget: Budget) -> None:
        self.findings: list[Finding] = []
        self._file = file
        self._budget = budget
        self._path: list[str] = []
        self._aliases: set[str] = set()
        self._line = 1
        self._events: Iterator[Event] = iter(())

    def read(self, text: str) -> Node | None:
        """Return the tree of the only document, or None when there is none."""
        self._events = self._parsed(text)
        node: Node | None = None
        for event in self._events:
            if not isinstance(event, DocumentStartEvent):
                continue
            if node is not None:
                message = "a second document starts"
                do = "remove `---`, or make two files"
                self._find("TWO_DOCUMENTS", message, expected="one document", do=do)
                break
            node = self._node(next(self._events), depth=1)
        if node is None or (isinstance(node, Scalar) and node.value is None):
            if self.findings:
                return None
            self._find("EMPTY_FILE", "the file is empty", expected="`format: 1` and sections")
            return None
        return node

    def _parsed(self, text: str) -> Iterator[Event]:
        """Yield events; whatever the parser stumbles over becomes a finding."""
        try:
            for event in YAML(typ="safe", pure=True).parse(text):
                self._line = event.start_mark.line + 1
                yield event
        except MarkedYAMLError as error:
            told = f"{error.context or ''} {error.problem or ''}"
            # What is never closed is best looked for where it was opened.
            never_ends = "stream end" in told or "end of stream" in told
            mark = error.context_mark if never_ends else error.problem_mark
            if mark is not None and not (never_ends and mark.line >= self._line):
                self._line = mark.line + 1
            self._stop_at_syntax(told)
        except YAMLError as error:
            self._stop_at_syntax(str(error))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # The parser answers some escapes and directives with bare built-in errors.
            self._stop_at_syntax("escape" if isinstance(error, ValueError) else "")
        except RecursionError:
            self._stop_too_deep()

    def _stop_at_syntax(self, told: str) -> NoReturn:
        for known, message, do in _SYNTAX:
            if known in told:
                self._find("SYNTAX", message, expected="plain YAML", do=do)
                raise _StopReading
        do = "look at this line and the one above it"
        self._find("SYNTAX", "the line cannot be read", expected="plain YAML", do=do)
        raise _StopReading

    def _stop_too_deep(self) -> NoReturn:
        message = f"sections and lists are nested more than {DEPTH_MAX} deep"
        self._find("TOO_DEEP", message, do="flatten the structure")
        raise _StopReading

    def _node(self, event: Event, *, depth: int) -> Node:
        self._check_node(event)
        place = Place(self._file, event.start_mark.line + 1)
        if isinstance(event, AliasEvent):
            return Scalar(None, place)
        if isinstance(event, ScalarEvent):
            return Scalar(self._value(event), place)
        if depth > DEPTH_MAX:
            self._stop_too_deep()
        if isinstance(event, SequenceStartEvent):
            return self._listing(place, depth)
        return self._mapping(place, depth)

    def _check_node(self, event: Event) -> None:
        self._budget.nodes_left -= 1
        if self._budget.nodes_left < 0:
            message = f"the scenario has more than {NODES_MAX:,} keys and values"
            self._find("TOO_MANY_NODES", message, do="give totals instead of single values")
            raise _StopReading
        if isinstance(event, AliasEvent):
            name = shorten(str(event.anchor))
            do = "write the value out, or put it in quotes"
            if name not in self._aliases:
                self._find("ALIAS", f"the alias *{name}", do=do)
            self._aliases.add(name)
            return
        if not isinstance(event, NodeEvent):
            return
        if event.anchor is not None:
            do = "remove it, or put the value in quotes"
            self._find("ALIAS", f"the anchor &{shorten(str(event.anchor))}", do=do)
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
            message = f"the type tag {shorten(str(event.tag))}"
            self._find("TAG", message, do="remove it, or put the value in quotes")

    def _value(self, event: ScalarEvent) -> Value:
        text: str = event.value
        strange = _NOT_TEXT.search(text)
        if strange is not None:
            code_point = f"U+{ord(strange.group()):04X}"
            message = f"an escape for a character that cannot be seen, {code_point}"
            self._find("ENCODING", message, do="remove the escape")
            return ""
        # A style is a quote or a block sign: then the author says that it is text.
        if event.style:
            return text
        try:
            return read_scalar(text)
        except ValueError as error:
            self._find("NUMBER_TOO_LONG", str(error), do="put an identifier in quotes")
            return None

    def _listing(self, place: Place, depth: int) -> Listing:
        items: list[Node] = []
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                break
            self._path.append(str(len(items)))
            items.append(self._node(event, depth=depth + 1))
            self._path.pop()
        return Listing(tuple(items), place)

    def _mapping(self, place: Place, depth: int) -> Mapping:
        entries: dict[str, Node] = {}
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event)
            key_place = Place(self._file, event.start_mark.line + 1)
            self._path.append(shorten(key))
            node = self._node(next(self._events), depth=depth + 1)
            if key in entries:
                self._find_duplicate(key_place, entries[key].place)
            elif key != _MERGE_KEY:
                entries[key] = replace(node, place=key_place)
            self._path.pop()
        return Mapping(entries, place)

    def _key(self, event: Event) -> str:
        self._check_node(event)
        if isinstance(event, AliasEvent):
            return ""
        if not isinstance(event, ScalarEvent):
            self._find("SYNTAX", "a key that is not a word", expected="`key: value`")
            raise _StopReading
        key: str = event.value
        if key == _MERGE_KEY:
            self._find("MERGE_KEY", "the merge key <<", do="write the keys out")
        if _NOT_TEXT.search(key):
            message = "an escape for a character that cannot be seen, in a key"
            self._find("ENCODING", message, do="remove the escape")
            return ""
        return key

    def _find_duplicate(self, here: Place, first: Place) -> None:
        key = self._path[-1]
        message = f"the key {key!r} is on lines {first.line} and {here.line}"
        path = ".".join(self._path)
        do = "remove one of the two lines"
        self.findings.append(
            Finding("DUPLICATE_KEY", message, self._file, here.line, path, "each key once", do)
        )

    def _find(
        self, code: str, message: str, *, expected: str | None = None, do: str | None = None
    ) -> None:
        path = ".".join(self._path) or None
        self.findings.append(Finding(code, message, self._file, self._line, path, expected, do))
