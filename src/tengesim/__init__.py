"""Simulator of programmable public money: load a scenario, run it, read its log and metrics.

The public API is what `__all__` names; everything else may change.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tengesim.engine.run import Run, simulate
    from tengesim.experiments.compare import Comparison, compare
    from tengesim.experiments.ensemble import Ensemble, replicate
    from tengesim.scenario.load import load_scenario
    from tengesim.scenario.model import Scenario

__all__ = [
    "Comparison",
    "Ensemble",
    "Run",
    "Scenario",
    "compare",
    "load_scenario",
    "replicate",
    "simulate",
]

_HOMES = {
    "Comparison": "tengesim.experiments.compare",
    "Ensemble": "tengesim.experiments.ensemble",
    "Run": "tengesim.engine.run",
    "Scenario": "tengesim.scenario.model",
    "compare": "tengesim.experiments.compare",
    "load_scenario": "tengesim.scenario.load",
    "replicate": "tengesim.experiments.ensemble",
    "simulate": "tengesim.engine.run",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `import tengesim` costs nothing."""
    import importlib

    home = _HOMES.get(name)
    if home is None:
        message = f"module 'tengesim' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    """List the public names."""
    return list(__all__)
