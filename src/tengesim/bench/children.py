"""Measures carried out in Pythons of their own, one after the other."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

from tengesim.bench.measures import Figures
from tengesim.errors import InvariantError

__all__ = ["Measure", "apart"]

Measure = Callable[..., Figures]
"""Carries out a measure by its name, with its options."""

_TOLD: Final = 2_000


def apart(name: str, **options: Any) -> Figures:  # noqa: ANN401 - each measure has its own options
    """Return what the measure `name` finds in a fresh Python.

    Raises InvariantError with its last words when it fails, for a measure that fails is no figure.
    """
    command = [sys.executable, "-m", "tengesim.bench.measures", name, json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = done.stderr.strip()[-_TOLD:] or f"it ended with {done.returncode}"
        raise InvariantError(f"the measure {name} failed: {said}")
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return found
