"""Postings on hold by id, and what became of them: each is completed or voided once."""

from tengesim.codes import Reason, Status
from tengesim.payment import Outcome, Posting

__all__ = ["Pending"]


class Pending:
    """Everything that was ever put on hold in one ledger."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        """Start with nothing."""
        self._known: dict[str, tuple[Posting, Outcome]] = {}

    def put(self, posting: Posting, ref: int) -> Outcome:
        """Note that `posting` is on hold under `ref`; return its outcome."""
        outcome = Outcome(Status.HELD, Reason.NONE, ref)
        self._known[posting.id] = posting, outcome
        return outcome

    def of(self, posting_id: str, wanted: Status) -> tuple[Posting, Outcome]:
        """Return what is on hold; the outcome has `existed` when it is `wanted` already."""
        if posting_id not in self._known:
            raise KeyError(f"no posting is on hold under {posting_id!r}")
        posting, outcome = self._known[posting_id]
        if outcome.status not in (Status.HELD, wanted):
            raise ValueError(
                f"posting {posting_id!r} is {outcome.status.name}, it cannot be {wanted.name}"
            )
        return posting, outcome._replace(existed=outcome.status is wanted)

    def end(self, posting: Posting, outcome: Outcome, status: Status) -> Outcome:
        """Note that `posting` ended as `status`; return its outcome."""
        ended = outcome._replace(status=status)
        self._known[posting.id] = posting, ended
        return ended
