"""Numbers of people (IIN) and firms (BIN) for exports: well formed, and nobody's.

The check digit is right, so that other systems read them; what stands before it cannot stand in a
real number. The month is 00. The seventh digit of a person's number tells sex and century by 0 to
6: here it is 7 or 8, and 9 for firms. The fifth digit of a firm's number tells its kind by 4 to 6:
here it is 7 or 8. Inside the simulator people and firms bear their names in the log, never these.
"""

from typing import Final

__all__ = ["bin_of", "check_digit", "iin_of", "is_possibly_real"]

_FIRST: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND: Final = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_LENGTH: Final = 12
_PEOPLE_MAX: Final = 10**8
_FIRMS_MAX: Final = 10**7
# Where one of the two has no check digit the other has: they differ by their weight, modulo 11.
_NOBODYS: Final = "78"


def check_digit(stem: str) -> int | None:
    """Return the twelfth digit for eleven others, or None where no number is issued.

    Raises ValueError for anything but eleven digits.
    """
    if len(stem) != _LENGTH - 1 or not (stem.isascii() and stem.isdigit()):
        raise ValueError(f"{stem!r} is not the beginning of a number; expected 11 digits")
    for weights in (_FIRST, _SECOND):
        rest = sum(int(digit) * weight for digit, weight in zip(stem, weights, strict=True)) % 11
        if rest < 10:
            return rest
    return None


def iin_of(person: int) -> str:
    """Return the number of a person, counted from 0; raise ValueError from 100 million on."""
    if not 0 <= person < _PEOPLE_MAX:
        raise ValueError(f"person {person} has no number; expected 0 to {_PEOPLE_MAX - 1}")
    digits = f"{person:08d}"
    return _closed(f"{digits[:2]}00{digits[2:4]}", digits[4:])


def bin_of(firm: int) -> str:
    """Return the number of a merchant or employer, counted from 0 over both.

    Raises ValueError from 10 million on.
    """
    if not 0 <= firm < _FIRMS_MAX:
        raise ValueError(f"firm {firm} has no number; expected 0 to {_FIRMS_MAX - 1}")
    digits = f"{firm:07d}"
    return _closed(f"{digits[:2]}00", f"{digits[2]}9{digits[3:]}")


def is_possibly_real(number: str) -> bool:
    """Return whether a person or firm could bear `number`: twelve digits that check, and a kind.

    Dates are not asked for in a person's number: since 2013 it need not tell the day of birth.
    """
    if len(number) != _LENGTH or not (number.isascii() and number.isdigit()):
        return False
    if check_digit(number[:-1]) != int(number[-1]):
        return False
    return number[6] in "0123456" or (number[4] in "456" and 1 <= int(number[2:4]) <= 12)


def _closed(before: str, after: str) -> str:
    for kind in _NOBODYS:
        stem = before + kind + after
        digit = check_digit(stem)
        if digit is not None:
            return f"{stem}{digit}"
    raise ValueError(f"{before}?{after} has no check digit; expected one for 7 or for 8")
