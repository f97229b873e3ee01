"""What figures depend on besides the program: processor, memory, system and versions."""

import os
import platform
import re
import resource
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

__all__ = ["machine", "peak_bytes"]

_PACKAGES: Final = ("numpy", "numba", "simpy", "tengesim")


def machine() -> dict[str, str | int]:
    """Return the machine and the versions of what runs on it."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": _memory_bytes(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        **{package: _version(package) for package in _PACKAGES},
    }


def peak_bytes() -> int:
    """Return the most memory that this process has had so far."""
    status = Path("/proc/self/status")
    if status.exists():
        # What the kernel counts for the process starts from its parent's; this starts anew.
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="ascii", errors="ignore"))
        if found is not None:
            return int(found[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return peak if sys.platform == "darwin" else peak * 1024


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0
