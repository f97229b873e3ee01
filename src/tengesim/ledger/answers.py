"""What was answered under each id: enough to know a posting again, and no more than that.

A year of a nation has more postings than memory, so what is kept of each but the last ones is a
digest of its parts and its outcome. That two different postings have the same 128-bit digest is not
to be expected. A digest costs as much as all the rest of a posting, which most runs so never pay.
"""

import hashlib

from tengesim.payment import Batch, Move, Outcome, Particulars, Posting

__all__ = ["Answers", "Part"]

Part = str
"""What of a posting differs from the one answered under its id; empty where nothing does."""

_LAST_MAX = 8_192
"""Postings that are kept whole."""
_DIGEST_BYTES = 16
_PARTS = (("kind", 0, 1), ("moves", 1, 17), ("particulars", 17, 33))
"""Where the digest of each part begins and ends."""
_MOVE = " ".join(["%d"] * len(Move._fields))
_PARTICULARS = " ".join(["%d"] * len(Particulars._fields))


class Answers:
    """Every posting and batch by id, or its digest, and its outcome."""

    __slots__ = ("_known", "_last")

    def __init__(self) -> None:
        """Start with no answer."""
        self._known: dict[str, tuple[bytes, Outcome]] = {}
        self._last: dict[str, tuple[Posting, Outcome]] = {}

    def __contains__(self, answered_id: object) -> bool:
        """Return whether something was answered under this id."""
        return answered_id in self._last or answered_id in self._known

    def earlier(self, posting: Posting) -> tuple[Part, Outcome] | None:
        """Return what differs from the posting answered under this id, and what became of it."""
        last = self._last.get(posting.id)
        known = self._known.get(posting.id) if last is None else (_digest_of(last[0]), last[1])
        if known is None:
            return None
        digest, outcome = known
        asked = _digest_of(posting)
        return next((name for name, a, b in _PARTS if digest[a:b] != asked[a:b]), ""), outcome

    def keep(self, posting: Posting, outcome: Outcome) -> None:
        """Remember what became of `posting`."""
        if len(self._last) == _LAST_MAX:
            self._known |= {one.id: (_digest_of(one), end) for one, end in self._last.values()}
            self._last.clear()
        self._last[posting.id] = (posting, outcome)

    def keep_batch(self, batch: Batch, outcome: Outcome) -> None:
        """Remember that `batch` was carried out; a posting under its id is always another one."""
        self._known[batch.id] = (bytes([batch.kind]), outcome)


def _digest_of(posting: Posting) -> bytes:
    # Formatting writes codes and counts alike as numbers, and twice as fast as one by one.
    moves = " ".join([_MOVE % move for move in posting.moves])
    carried = _PARTICULARS % posting.particulars
    return bytes([posting.kind]) + _digest(moves) + _digest(carried)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()
