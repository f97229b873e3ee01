"""The board on which institutions announce; listeners hear at once, in the order they came."""

from collections.abc import Callable

__all__ = ["Board"]


class Board:
    """Deterministic notices of one world."""

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        """Start without listeners."""
        self._listeners: dict[str, list[Callable[[object], None]]] = {}

    def announce(self, topic: str, content: object) -> None:
        """Deliver `content` to every listener of `topic`."""
        for act in self._listeners.get(topic, ()):
            act(content)

    def listen(self, topic: str, act: Callable[[object], None]) -> None:
        """Call `act` with the content of each announcement of `topic` from now on."""
        self._listeners.setdefault(topic, []).append(act)
