"""Parties of contracts in OCDS: who they are to whom, and numbers that nobody real can bear.

A BIN here has a kind of firm that does not exist and a wrong check digit, so that it cannot be
anybody's even where one of the two is not looked at.
"""

from collections.abc import Iterable
from typing import Any, Final

from tengesim.population.identifiers import bin_of

__all__ = ["Parties", "Register"]

_SCHEME: Final = "KZ-BIN"
_COUNTRY: Final = "Kazakhstan"


class Register:
    """Numbers of all parties of a run, in the order of their names."""

    def __init__(self, names: Iterable[str]) -> None:
        """Give every name its number."""
        self._numbers = {name: _number(place) for place, name in enumerate(sorted(set(names)))}

    def number(self, name: str) -> str:
        """Return the number of a party."""
        return self._numbers[name]

    def id(self, name: str) -> str:
        """Return the id of a party."""
        return f"{_SCHEME}-{self.number(name)}"


class Parties:
    """Parties of one contracting process, with the roles that they have had so far."""

    def __init__(self, register: Register) -> None:
        """Begin without anybody."""
        self._register = register
        self._roles: dict[str, list[str]] = {}
        self._regions: dict[str, str] = {}

    def reference(self, name: str, *roles: str, region: str = "") -> dict[str, str]:
        """Give a party roles, and return what stands for it elsewhere."""
        listed = self._roles.setdefault(name, [])
        listed += [role for role in roles if role not in listed]
        if region:
            self._regions[name] = region
        return {"id": self._register.id(name), "name": _shown(name)}

    def listed(self) -> list[dict[str, Any]]:
        """Return every party in full, in the order in which they came."""
        return [self._full(name, roles) for name, roles in self._roles.items()]

    def _full(self, name: str, roles: list[str]) -> dict[str, Any]:
        number = self._register.number(name)
        address = {"countryName": _COUNTRY}
        if name in self._regions:
            address["region"] = self._regions[name]
        return {
            "id": self._register.id(name),
            "name": _shown(name),
            "identifier": {"scheme": _SCHEME, "id": number, "legalName": _shown(name)},
            "address": address,
            "roles": list(roles),
        }


def _shown(name: str) -> str:
    return f"SYNTHETIC {name}"


def _number(place: int) -> str:
    checked = bin_of(place)
    return f"{checked[:-1]}{(int(checked[-1]) + 1) % 10}"
