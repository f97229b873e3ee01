"""What releases of one contracting process say together: the compiled release of OCDS 1.1.

Later releases overrule earlier ones field by field. Lists of objects with an id are joined by it,
in the order in which ids first appear; other lists are replaced; what is null is taken away.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

__all__ = ["compiled"]

Json = dict[str, Any]

_OF_THE_RELEASE: Final = ("id", "date", "tag")
_REPLACED: Final = ("additionalIdentifiers", "additionalClassifications")


def compiled(releases: Iterable[Json]) -> Json:
    """Return the compiled release of releases in the order of their dates.

    >>> compiled([{"ocid": "o", "id": "1", "date": "d", "tag": ["tender"], "tender": {"id": "t"}}])
    {'ocid': 'o', 'tender': {'id': 't'}, 'tag': ['compiled'], 'id': 'o-d', 'date': 'd'}
    """
    merged: Json = {}
    date = ""
    for release in releases:
        date = release["date"]
        _merge(merged, {key: release[key] for key in release if key not in _OF_THE_RELEASE})
    return {**merged, "tag": ["compiled"], "id": f"{merged['ocid']}-{date}", "date": date}


def _merge(into: Json, other: Mapping[str, Any]) -> None:
    for key, value in other.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict):
            inner = into.setdefault(key, {})
            _merge(inner, value)
        elif _is_joined(key, value):
            into[key] = _joined(into.get(key, []), value)
        else:
            into[key] = value


def _is_joined(key: str, value: object) -> bool:
    """Return whether a list is of objects with ids, which are joined and not replaced."""
    if key in _REPLACED or not isinstance(value, list):
        return False
    return all(isinstance(item, dict) and "id" in item for item in value)


def _joined(before: list[Json], after: Iterable[Json]) -> list[Json]:
    known = {item["id"]: item for item in before}
    for item in after:
        _merge(known.setdefault(item["id"], {}), item)
    return list(known.values())
