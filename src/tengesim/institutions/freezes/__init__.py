"""Accounts that are frozen on the order of an authority, by date or when a watch is crossed."""

from tengesim.institutions.freezes.build import build, review
from tengesim.institutions.freezes.model import FreezeSection, WatchSection, WhomSection
from tengesim.institutions.freezes.watches import Watches

__all__ = ["FreezeSection", "WatchSection", "Watches", "WhomSection", "build", "review"]
