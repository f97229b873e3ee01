"""The reference engine: every retail payment is a SimPy event of its own.

It is the readable definition of a run. Hours of the tape are drawn one at a time, before anything
else happens in them, and their payments scheduled in tape order, so at equal times institutions
come first and retail follows in the order of the tape.
"""

from collections.abc import Callable

import simpy

from tengesim.clock import HOUR_US
from tengesim.engine.environment import RETAIL, URGENT, Environment
from tengesim.payment import RetailWant, Want
from tengesim.retail.tape import Tape

__all__ = ["schedule_tape"]


def schedule_tape(
    env: Environment, tape: Tape, answer: Callable[[Want | RetailWant], None], end_us: int
) -> None:
    """Let every want of `tape` before `end_us` happen in `env` and be answered by `answer`."""

    def arrive(want: Want | RetailWant) -> None:
        def act(_: simpy.Event) -> None:
            answer(want)

        env.happen(want.time_us, RETAIL, act)

    def draw(hour: int) -> None:
        def act(_: simpy.Event) -> None:
            for want in tape.window(hour, hour + 1):
                if want.time_us < end_us:
                    arrive(want)

        env.happen(hour * HOUR_US, URGENT, act)

    for hour in tape.hours():
        if env.now <= hour * HOUR_US < end_us:
            draw(hour)
