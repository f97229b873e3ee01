"""Every word a reader sees, by key and language; nothing visible is written anywhere else.

Server and browser read the same catalogue, so a language is added by adding one file.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["DEFAULT_LANGUAGE", "Texts", "languages", "texts"]

DEFAULT_LANGUAGE: Final = "en"
_FOLDER: Final = Path(__file__).with_name("locales")


class Texts:
    """The catalogue of one language; call it with a key and what the text is about."""

    __slots__ = ("_table", "language")

    def __init__(self, language: str, table: Mapping[str, str]) -> None:
        """Keep the texts of `language`."""
        self.language = language
        self._table = dict(table)

    def __call__(self, key: str, **values: object) -> str:
        """Return the text under `key` with its places filled in; raise KeyError if there is none.

        Values are text or whole numbers, formatted before they come here.
        """
        text = self._table[key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Return whether the catalogue has `key`."""
        return key in self._table

    def table(self) -> dict[str, str]:
        """Return a copy of the whole catalogue."""
        return dict(self._table)


@cache
def languages() -> tuple[str, ...]:
    """Return the languages there is a catalogue for, the default one first."""
    found = sorted(path.stem for path in _FOLDER.glob("*.json"))
    return (DEFAULT_LANGUAGE, *(each for each in found if each != DEFAULT_LANGUAGE))


@cache
def texts(language: str = DEFAULT_LANGUAGE) -> Texts:
    """Return the catalogue of a language, or of the default one when there is none."""
    known = language if language in languages() else DEFAULT_LANGUAGE
    table = json.loads((_FOLDER / f"{known}.json").read_text(encoding="utf-8"))
    return Texts(known, table)
