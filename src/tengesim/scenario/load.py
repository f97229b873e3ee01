"""Scenarios from files to a validated model, or every finding about them at once.

The only place where scenario files are opened. What a file extends must lie beside or below it
or come with the simulator, and all files of a scenario share one budget of size, so no input
takes more than a moment or a few megabytes to refuse.
"""

import json
import stat
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar, cast

from pydantic import BaseModel, ValidationError

from tengesim.errors import Finding, ScenarioError
from tengesim.money import parse_amount
from tengesim.scenario.check import check as check_sections
from tengesim.scenario.explain import findings_of, in_order, placed
from tengesim.scenario.imports import with_tables
from tengesim.scenario.model import Scenario
from tengesim.scenario.settings import apply_settings
from tengesim.scenario.shipped import shipped
from tengesim.scenario.text import (
    Budget,
    Mapping,
    Node,
    Place,
    Scalar,
    read_document,
    read_known,
    shorten,
)
from tengesim.scenario.tree import from_plain, merge, nearest, to_plain

__all__ = ["check_scenario", "load_model", "load_scenario", "load_upload"]

M = TypeVar("M", bound=BaseModel)

FORMAT = 1
CHAIN_MAX = 12
_SUFFIXES = (".yaml", ".yml")
_NAME_MAX = 255
_LOSES_VALUE = frozenset({"ALIAS", "ENCODING", "NUMBER_TOO_LONG", "TAG"})
_LISTED_MAX = 500


def load_scenario(name_or_path: str | Path, *, settings: Sequence[str] = ()) -> Scenario:
    """Load a shipped scenario by name, or one from a file.

    `settings` are texts `path=value` that overrule what is written. Raises ScenarioError with
    every finding.
    """
    return load_model(Scenario, name_or_path, settings=settings)


def load_upload(content: bytes, *, name: str, settings: Sequence[str] = ()) -> Scenario:
    """Load a scenario that came over the network; it may extend shipped scenarios only."""
    return _Loader(Scenario, shipped()).load_content(content, name, settings)


def check_scenario(
    name_or_path: str | Path, *, settings: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Return every finding about a scenario; none means that it can be run."""
    try:
        load_scenario(name_or_path, settings=settings)
    except ScenarioError as error:
        return error.findings
    return ()


def load_model(
    model: type[M],
    name_or_path: str | Path,
    *,
    settings: Sequence[str] = (),
    library: Path | None = None,
) -> M:
    """Load a file into any model; `library` is the folder that names are looked up in."""
    return _Loader(model, library or shipped()).load(name_or_path, settings)


class _Chain:
    """Read a scenario and what it extends, and keep every file inside its folder."""

    def __init__(self, library: Path) -> None:
        self.findings: list[Finding] = []
        self.documents: list[Mapping] = []
        # Whether the chain was read to its end, a document that extends nothing.
        self.is_whole = False
        self._library = library.resolve()
        self._budget = Budget()
        self._seen: dict[Path, str] = {}

    def find(self, name_or_path: str | Path) -> tuple[Path, str] | None:
        """Return the file that a name or path means, and how to call it."""
        text = str(name_or_path)
        is_name = isinstance(name_or_path, str) and not _is_path(text)
        if is_name and self._in_library(text):
            return self._library / f"{text}.yaml", f"{text}.yaml"
        try:
            if text and Path(text).exists():
                return Path(text), text
            folder = Path(text).parent
            found = folder.glob("*.y*ml") if _is_path(text) else self._library.glob("*.yaml")
            known = [
                path.name if _is_path(text) else path.stem for path in islice(found, _LISTED_MAX)
            ]
        except (OSError, ValueError):
            # A name too long or with a zero byte in it is the name of no file.
            known = []
        close = nearest(Path(text).name, known)
        do = f"did you mean {close!r}?" if close else "`tengesim list` names the shipped ones"
        message = f"there is no scenario {shorten(text)!r}"
        expected = "a file or the name of a shipped scenario"
        self.findings.append(Finding("UNKNOWN_SCENARIO", message, expected=expected, do=do))
        return None

    def read(self, path: Path, shown: str) -> None:
        """Read a file and, one after the other, those it extends."""
        following: tuple[Path, str] | None = (path, shown)
        root = path.resolve().parent
        while following is not None:
            path, shown = following
            is_known = path.resolve().is_relative_to(self._library)
            if is_known:
                root = self._library
            self._seen[path.resolve()] = shown
            content = self._bytes(path, shown)
            following = None
            extends = None if content is None else self.take(content, shown, is_known=is_known)
            if extends is not None:
                following = self._extended(extends, path, shown, root)

    def take(self, content: bytes, shown: str, *, is_known: bool = False) -> Scalar | None:
        """Keep the document of a file, and return what it extends."""
        read = read_known if is_known else read_document
        node, findings = read(content, shown, self._budget)
        self.findings += findings
        if node is None:
            return None
        if not isinstance(node, Mapping):
            message = "the file does not hold sections"
            expected = "a mapping that starts with `format: 1`"
            self.findings.append(
                Finding("MAPPING_EXPECTED", message, shown, node.place.line, None, expected)
            )
            return None
        self._check_format(node)
        entries = dict(node.entries)
        extends = entries.pop("extends", None)
        self.documents.append(Mapping(entries, node.place))
        self.is_whole = extends is None
        if extends is None or isinstance(extends, Scalar):
            return extends
        message = "`extends` does not name a scenario"
        expected = "one name or path"
        self.findings.append(
            Finding("TEXT_EXPECTED", message, shown, extends.place.line, "extends", expected)
        )
        return None

    def extend_shipped(self, extends: Scalar) -> None:
        """Read what content without a file extends: a shipped scenario by name."""
        text = str(extends.value)
        if not _is_path(text) and self._in_library(text):
            self.read(self._library / f"{text}.yaml", f"{text}.yaml")
            return
        self._refuse_unknown(extends, text)

    def merged(self) -> Node | None:
        """Return the documents laid over each other, the extended ones below."""
        if not self.documents:
            return None
        node: Node = self.documents[-1]
        for document in reversed(self.documents[:-1]):
            node = merge(node, document)
        return node

    def _bytes(self, path: Path, shown: str) -> bytes | None:
        try:
            # A pipe or a device has no end, so it is not opened at all.
            if not stat.S_ISREG(path.stat().st_mode):
                message = "the path is not a file"
                self.findings.append(Finding("UNREADABLE", message, shown, do="name a file"))
                return None
            with path.open("rb") as file:
                return file.read(self._budget.bytes_left + 1)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "the name is not one of a file"
            message = f"the file cannot be read: {why}"
            self.findings.append(Finding("UNREADABLE", message, shown, do="check the path"))
            return None

    def _check_format(self, document: Mapping) -> None:
        said = document.entries.get("format")
        value = said.value if isinstance(said, Scalar) else None
        if type(value) is int and value == FORMAT:
            return
        place = document.place if said is None else said.place
        message = "the format is missing" if said is None else "the format is not known"
        do = "write `format: 1` in the first line"
        if type(value) is int and value > FORMAT:
            message, do = (
                f"format {value} is younger than this tengesim",
                "install a younger tengesim",
            )
        expected = f"`format: {FORMAT}`"
        self.findings.append(
            Finding("FORMAT", message, place.file, place.line, "format", expected, do)
        )

    def _extended(
        self, extends: Scalar, path: Path, shown: str, root: Path
    ) -> tuple[Path, str] | None:
        """Return the file that `extends` means, if it may be read."""
        text = extends.value
        place = extends.place
        if not isinstance(text, str) or not text:
            message = "`extends` does not name a scenario"
            self.findings.append(
                Finding("TEXT_EXPECTED", message, shown, place.line, "extends", "a name or path")
            )
            return None
        if not _is_path(text):
            if not self._in_library(text):
                self._refuse_unknown(extends, text)
                return None
            found, called = self._library / f"{text}.yaml", f"{text}.yaml"
        else:
            found, called = path.parent / text, (Path(shown).parent / text).as_posix()
            if not _is_inside(found, text, root):
                message = f"{shorten(text)!r} leads out of the folder of the scenario"
                expected = "a shipped name or a relative path inside the folder"
                do = "copy the file next to the scenario"
                self.findings.append(
                    Finding("PATH_OUTSIDE", message, shown, place.line, "extends", expected, do)
                )
                return None
            if not found.exists():
                self._refuse_unknown(extends, text, path.parent)
                return None
        return (found, called) if self._may_follow(found, called, place) else None

    def _may_follow(self, found: Path, called: str, place: Place) -> bool:
        names = [*self._seen.values(), called]
        if found.resolve() in self._seen:
            start = list(self._seen).index(found.resolve())
            message = "the scenarios extend each other: " + " → ".join(names[start:])
            do = "remove `extends` from one of them"
            self.findings.append(
                Finding("EXTENDS_CYCLE", message, place.file, place.line, "extends", None, do)
            )
            return False
        if len(names) > CHAIN_MAX:
            message = f"more than {CHAIN_MAX} scenarios extend one another"
            self.findings.append(
                Finding("EXTENDS_DEPTH", message, place.file, place.line, "extends")
            )
            return False
        return True

    def _refuse_unknown(self, extends: Scalar, text: str, folder: Path | None = None) -> None:
        close = nearest(Path(text).name, _siblings(folder, self._library))
        do = f"did you mean {close!r}?" if close else "`tengesim list` names the shipped ones"
        message = f"there is no scenario {shorten(text)!r}"
        expected = "a shipped name or a relative path"
        place = extends.place
        self.findings.append(
            Finding("UNKNOWN_SCENARIO", message, place.file, place.line, "extends", expected, do)
        )

    def _in_library(self, name: str) -> bool:
        try:
            path = (self._library / f"{name}.yaml").resolve()
            return path.is_relative_to(self._library) and path.is_file()
        except (OSError, ValueError):
            return False


class _Loader(Generic[M]):
    """Turn a chain of documents into a model, and collect what stands in the way."""

    def __init__(self, model: type[M], library: Path) -> None:
        self._model = model
        self._chain = _Chain(library)

    def load(self, name_or_path: str | Path, settings: Sequence[str]) -> M:
        """Return the model of a scenario with its settings."""
        found = self._chain.find(name_or_path)
        if found is not None:
            self._chain.read(*found)
        model = self._resolved(settings)
        if found is not None and isinstance(model, Scenario):
            # What came over the network has no folder; a stored run has the digest of its table.
            return cast("M", with_tables(model, found[0].parent))
        return model

    def load_content(self, content: bytes, name: str, settings: Sequence[str]) -> M:
        """Return the model of a scenario that is in no file."""
        extends = self._chain.take(content, shorten(name))
        if extends is not None:
            self._chain.extend_shipped(extends)
        return self._resolved(settings)

    def _resolved(self, settings: Sequence[str]) -> M:
        findings = list(self._chain.findings)
        root = self._chain.merged()
        model: M | None = None
        if root is not None:
            root, unset = apply_settings(root, settings, self._complete)
            findings += unset
            model, refused = self._validated(root)
            findings += _not_caused(refused, findings, is_whole=self._chain.is_whole)
        if findings or model is None:
            raise ScenarioError(in_order(findings))
        return model

    def _validated(self, root: Node) -> tuple[M | None, list[Finding]]:
        if "format" not in self._model.model_fields and isinstance(root, Mapping):
            root = Mapping({k: v for k, v in root.entries.items() if k != "format"}, root.place)
        # Lists and words of a file are tuples and enums of the model: strictness for JSON is the
        # one that fits text. Decimals have at most 15 digits here, so a float loses nothing.
        text = json.dumps(to_plain(root), default=float)
        context = {"mci_tiyn": _mci_tiyn(root)}
        try:
            model = self._model.model_validate_json(text, context=context)
        except ValidationError as error:
            return None, findings_of(error, root, self._model)
        found = [
            placed(finding, root, tuple(path.split(".") if isinstance(path, str) else path))
            for path, finding in _fit(model)
        ]
        return model, found

    def _complete(self, root: Node) -> Node | None:
        """Return the tree with every default written out, if it is valid."""
        model, _ = self._validated(root)
        if model is None:
            return None
        return from_plain(model.model_dump(mode="json", by_alias=True), root.place)


def _fit(model: BaseModel) -> Sequence[tuple[str | tuple[str, ...], Finding]]:
    """Return what no single section of a valid model can know to be wrong."""
    if isinstance(model, Scenario):
        return check_sections(model)
    check = getattr(model, "check", None)
    return check() if callable(check) else []


def _not_caused(refused: list[Finding], earlier: list[Finding], *, is_whole: bool) -> list[Finding]:
    """Return the findings that no earlier one explains already."""
    places = {(finding.file, finding.line, finding.path) for finding in earlier}
    lost = [finding for finding in earlier if finding.code in _LOSES_VALUE and finding.path]
    return [
        finding
        for finding in refused
        if (finding.file, finding.line, finding.path) not in places
        # What is missing may stand in the file that could not be read.
        and (is_whole or finding.code != "MISSING_KEY")
        and not any(_is_about(finding, one) for one in lost)
    ]


def _is_about(finding: Finding, lost: Finding) -> bool:
    """Return whether a finding concerns a value that could not be read, or a part of it."""
    ours, theirs = f"{finding.path}.", f"{lost.path}."
    return finding.file == lost.file and (ours.startswith(theirs) or theirs.startswith(ours))


def _is_path(text: str) -> bool:
    return "/" in text or "\\" in text or text.endswith(_SUFFIXES)


def _siblings(folder: Path | None, library: Path) -> list[str]:
    """Return what could have been meant: files of a folder, or else names of the library."""
    if folder is None:
        return sorted(path.stem for path in islice(library.glob("*.yaml"), _LISTED_MAX))
    return sorted(path.name for path in islice(folder.glob("*.y*ml"), _LISTED_MAX))


def _is_inside(found: Path, text: str, root: Path) -> bool:
    """Return whether a relative path stays inside a folder, links included."""
    if len(text) > _NAME_MAX or "\\" in text or ":" in text or Path(text).is_absolute():
        return False
    try:
        return found.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):
        return False


def _mci_tiyn(root: Node) -> int | None:
    """Return the worth of one MCI that the scenario states at its top, if it can be read."""
    stated = root.entries.get("mci") if isinstance(root, Mapping) else None
    if isinstance(stated, Mapping):
        stated = stated.entries.get("value")
    if not isinstance(stated, Scalar) or not isinstance(stated.value, str):
        return None
    try:
        return parse_amount(stated.value)
    except ValueError:
        # The section itself complains about it.
        return None
