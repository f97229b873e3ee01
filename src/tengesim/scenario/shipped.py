"""Where the scenarios that come with the simulator lie: in a checkout, or inside the wheel.

Apart from the loader because an editable installation does not see what a build copies into the
package, so the checkout comes first.
"""

from pathlib import Path

from tengesim.errors import StoreError

__all__ = ["shipped", "shipped_names"]

_SUFFIX = ".yaml"


def shipped() -> Path:
    """Return the folder of the shipped scenarios.

    Raises StoreError when this installation holds none.
    """
    package = Path(__file__).resolve().parents[1]
    candidates = [package / "scenarios"]
    if package.parent.name == "src":
        candidates.insert(0, package.parent.parent / "scenarios")
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise StoreError("the shipped scenarios are missing; install tengesim again")


def shipped_names() -> list[str]:
    """Return the names of the shipped scenarios in order."""
    return sorted(path.stem for path in shipped().glob(f"*{_SUFFIX}") if path.is_file())
