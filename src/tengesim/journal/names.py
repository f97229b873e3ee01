"""Names and intents as integers: ids while a run lasts, text in every file.

Ids are given in order of first use, which is the same in every engine. An intent of the tape is
three small numbers in one integer, so that millions of them need no text until they are written.
"""

import datetime
from typing import Final

from tengesim.payment import NameId

__all__ = ["Names", "intent_of_want"]

_INDEX_BITS: Final = 24
_HOUR_BITS: Final = 20
_INDEX_MASK: Final = (1 << _INDEX_BITS) - 1
_HOUR_MASK: Final = (1 << _HOUR_BITS) - 1
_HOUR_SECONDS: Final = 3_600


class Names:
    """The names of one run; id 0 is the empty name."""

    __slots__ = ("_ids", "_texts")

    def __init__(self) -> None:
        """Start with the empty name only."""
        self._texts: list[str] = [""]
        self._ids: dict[str, NameId] = {"": NameId(0)}

    def id(self, text: str) -> NameId:
        """Return the id of `text`, giving it the next one when it is first met."""
        known = self._ids.get(text)
        if known is not None:
            return known
        name = NameId(len(self._texts))
        self._texts.append(text)
        self._ids[text] = name
        return name

    def text(self, name: int) -> str:
        """Return the text of `name`."""
        return self._texts[name]

    def texts(self) -> list[str]:
        """Return all texts in id order."""
        return list(self._texts)

    def intent_text(self, intent: int) -> str:
        """Return the stable text of an intent: a name, or `stratum/hour/index` of the tape."""
        if intent >= 0:
            return self._texts[intent]
        code = -intent - 1
        index = code & _INDEX_MASK
        hour = code >> _INDEX_BITS & _HOUR_MASK
        stratum = code >> (_INDEX_BITS + _HOUR_BITS)
        moment = datetime.datetime.fromtimestamp(hour * _HOUR_SECONDS, tz=datetime.UTC)
        return f"{self._texts[stratum]}/{moment:%Y-%m-%dT%H}/{index:06d}"


def intent_of_want(stratum: NameId, hour: int, index: int) -> int:
    """Return the intent of the want `index` of the cell (`stratum`, UTC hour since the epoch)."""
    if not (0 <= index <= _INDEX_MASK and 0 <= hour <= _HOUR_MASK and 0 < stratum < 1 << 18):
        message = f"a tape cell holds no want {index} in hour {hour} of stratum {stratum}"
        raise ValueError(message)
    return -1 - (stratum << (_INDEX_BITS + _HOUR_BITS) | hour << _INDEX_BITS | index)
