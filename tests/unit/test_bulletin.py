"""Notices reach who listens: at once, in the order of listening, and nobody else."""

from collections.abc import Callable

from tengesim.engine.bulletin import Board


def test_listeners_hear_in_the_order_they_came() -> None:
    """Goal: delivery is deterministic. Method: three listeners note their name."""
    board, heard = Board(), list[str]()

    def listener(name: str) -> Callable[[object], None]:
        return lambda content: heard.append(f"{name} {content}")

    for name in ("office", "caterer", "bank"):
        board.listen("redeem", listener(name))
    board.announce("redeem", 1)
    board.announce("redeem", 2)
    assert heard == ["office 1", "caterer 1", "bank 1", "office 2", "caterer 2", "bank 2"]


def test_a_notice_reaches_its_topic_alone() -> None:
    """Goal: topics are apart. Method: listen to one, announce others, one of them unheard of."""
    board, heard = Board(), list[object]()
    board.listen("claim", heard.append)
    board.announce("issue", "no")
    board.announce("clai", "no")
    board.announce("claim", "yes")
    assert heard == ["yes"]


def test_an_answer_to_a_notice_is_delivered_before_the_next_listener_hears() -> None:
    """Goal: delivery is at once. Method: a listener that announces while it is being told."""
    board, heard = Board(), list[str]()
    board.listen("claim", lambda _: board.announce("issue", None))
    board.listen("claim", lambda _: heard.append("claim"))
    board.listen("issue", lambda _: heard.append("issue"))
    board.announce("claim", None)
    assert heard == ["issue", "claim"]


def test_what_was_announced_before_listening_is_not_heard() -> None:
    """Goal: a board keeps nothing. Method: announce, then listen."""
    board, heard = Board(), list[object]()
    board.announce("claim", "early")
    board.listen("claim", heard.append)
    assert heard == []


def test_two_boards_know_nothing_of_each_other() -> None:
    """Goal: worlds are apart. Method: the same topic on two boards."""
    first, second, heard = Board(), Board(), list[object]()
    first.listen("claim", heard.append)
    second.announce("claim", "elsewhere")
    assert heard == []
