"""What a run folder is called, what lies in it, and what its manifest says.

The manifest is the same wherever a run is computed: nothing in it depends on the machine, the
path or the time. It seals itself with a digest, so that a changed digit in it is noticed just
like a changed byte in the files it lists.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tengesim.journal.keeping import LogMode

__all__ = [
    "ACCOUNTS_FILE",
    "CUBE_FILE",
    "DAYS_FILE",
    "EVENTS_FILE",
    "HASHED_FILES",
    "LAYOUT",
    "MANIFEST_BYTES_MAX",
    "MANIFEST_FILE",
    "METRICS_FILE",
    "MIGRATIONS",
    "NAMES_FILE",
    "RESULTS_VERSION",
    "RUN_FILES",
    "SCENARIO_FILE",
    "TABLES",
    "TIMING_FILE",
    "FileEntry",
    "Manifest",
    "Migration",
    "checked_name",
    "folder_name",
    "is_folder_name",
    "manifest_text",
    "parse_manifest",
    "sealed",
    "unsealed",
]

LAYOUT: Final = 1
"""Number of this layout of run folders."""

RESULTS_VERSION: Final = 2
"""Raised whenever the same scenario and seed give another log or other metrics than before."""

MANIFEST_FILE: Final = "manifest.json"
SCENARIO_FILE: Final = "scenario.yaml"
EVENTS_FILE: Final = "events.parquet"
CUBE_FILE: Final = "cube.parquet"
ACCOUNTS_FILE: Final = "accounts.parquet"
METRICS_FILE: Final = "metrics.parquet"
NAMES_FILE: Final = "names.parquet"
DAYS_FILE: Final = "days.parquet"
TIMING_FILE: Final = "timing.json"

TABLES: Final[Mapping[str, str]] = {
    "events": EVENTS_FILE,
    "cube": CUBE_FILE,
    "accounts": ACCOUNTS_FILE,
    "metrics": METRICS_FILE,
    "names": NAMES_FILE,
    "days": DAYS_FILE,
}
"""Tables of a run by the name that SQL knows them by.

`names` gives every name with its number in the packed log, without which the log digest could
not be computed again; `days` says when each local day of the run begins.
"""

HASHED_FILES: Final = (SCENARIO_FILE, *TABLES.values())
RUN_FILES: Final = frozenset({MANIFEST_FILE, TIMING_FILE, *HASHED_FILES})
MANIFEST_BYTES_MAX: Final = 1 << 20

_NAME_MAX: Final = 80
_FOLDER_NAME_BYTES_MAX: Final = 120
_DIGEST_DIGITS: Final = 12
_SEAL: Final = "seal"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Natural = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)


class FileEntry(_Strict):
    """A file of a run: its digest, its size and, for a table, its rows."""

    sha256: Sha256
    bytes: Natural
    rows: Natural | None


class Manifest(_Strict):
    """What a run is and which files hold it."""

    layout: Literal[1] = LAYOUT
    results_version: Natural = RESULTS_VERSION
    name: str
    scenario_digest: Sha256
    log_digest: Sha256
    seed: Natural
    log_mode: LogMode = "full"
    payments: Natural
    files: dict[str, FileEntry]

    def identity(self) -> tuple[object, ...]:
        """Return what makes two runs the same run, whatever they keep and their bytes are."""
        return (
            self.layout,
            self.results_version,
            self.name,
            self.scenario_digest,
            self.log_digest,
            self.seed,
            self.payments,
        )

    @property
    def folder_name(self) -> str:
        """Return the name of the folder this run belongs in."""
        return folder_name(self.name, self.scenario_digest, self.seed)


Migration = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the manifest of one layout into that of the next; a pure function."""

MIGRATIONS: Final[Mapping[int, Migration]] = {}
"""Migrations by the layout they start from; layout 1 is the first, so there is none yet."""


def checked_name(name: str) -> str:
    """Return the name of a scenario if it can stand in a file name, else raise ValueError.

    It starts with a letter or digit and goes on with letters, digits, spaces, dots, hyphens and
    underscores, at most 80 characters in Unicode normal form C.
    """
    shown = repr(name[:_NAME_MAX])
    if not 1 <= len(name) <= _NAME_MAX:
        raise ValueError(f"the name {shown} has {len(name)} characters; expected 1 to {_NAME_MAX}")
    if unicodedata.normalize("NFC", name) != name:
        raise ValueError(f"the name {shown} is not in Unicode normal form C")
    if not _is_letter_or_digit(name[0]) or not all(_is_name_character(one) for one in name):
        raise ValueError(
            f"the name {shown} cannot stand in a file name; expected a letter or digit, then "
            "letters, digits, spaces, dots, hyphens and underscores"
        )
    return name


def folder_name(name: str, scenario_digest: str, seed: int) -> str:
    """Return the name of a run's folder; a name of many bytes is cut, the digest tells apart."""
    head = checked_name(name).encode()[:_FOLDER_NAME_BYTES_MAX].decode(errors="ignore")
    return f"{head}-{scenario_digest[:_DIGEST_DIGITS]}-s{seed}"


def is_folder_name(text: str) -> bool:
    """Return whether `text` could be the name of a run's folder: no separator, nothing hidden."""
    return (
        1 <= len(text.encode(errors="replace")) <= 255
        and _is_letter_or_digit(text[0])
        and all(_is_name_character(one) for one in text)
    )


def manifest_text(manifest: Manifest) -> str:
    """Return the one way in which `manifest` is written."""
    return sealed(manifest.model_dump(mode="json"))


def parse_manifest(text: str, migrations: Mapping[int, Migration] = MIGRATIONS) -> Manifest:
    """Read a manifest of this layout or an older one; raise ValueError saying what is wrong."""
    content = unsealed(text, newest_layout=LAYOUT)
    layout = content.get("layout")
    while type(layout) is int and layout < LAYOUT and layout in migrations:
        content = migrations[layout](content)
        layout = content.get("layout")
    try:
        manifest = Manifest.model_validate(content)
        checked_name(manifest.name)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place}: {first['msg']}") from None
    missing = set(HASHED_FILES).symmetric_difference(manifest.files)
    if missing:
        raise ValueError(f"its list of files is not that of layout {LAYOUT}: {sorted(missing)}")
    return manifest


def sealed(content: Mapping[str, Any]) -> str:
    """Return JSON text of `content` that also holds the SHA-256 of everything else in it."""
    seal = hashlib.sha256(_json(content).encode()).hexdigest()
    return _json({**content, _SEAL: seal})


def unsealed(text: str, *, newest_layout: int) -> dict[str, Any]:
    """Return the content of sealed JSON text without its seal.

    Raises ValueError unless the text is, byte for byte, what `sealed` writes. A layout above
    `newest_layout` is named as such before anything else, because its seal may be another.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON text") from None
    if not isinstance(content, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - it is the text that is wrong
    layout = content.get("layout")
    if type(layout) is int and layout > newest_layout:
        raise ValueError(
            f"it has layout {layout}, and this version of tengesim reads layouts up to "
            f"{newest_layout}; open it with a newer version"
        )
    content.pop(_SEAL, None)
    if sealed(content) != text:
        raise ValueError("its seal is broken: it was changed after it was written")
    return content


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _is_letter_or_digit(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN"


def _is_name_character(character: str) -> bool:
    return character in " ._-" or _is_letter_or_digit(character)
