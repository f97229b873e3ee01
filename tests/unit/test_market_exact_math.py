"""Exponentials and logarithms are the nearest doubles, whichever processor computes them."""

import hashlib
import importlib
import os
import subprocess
import sys
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tengesim.market import build, exact_math
from tengesim.market.exact_math import EXP_MAX, exp, log
from tengesim.streams import Streams
from tests.market_sections import DAYS, LAWS, market

PROCESSOR = importlib.import_module("numpy._core._multiarray_umath")
"""Where NumPy says what the processor can; NumPy itself types no such module."""

EXPONENTS = st.floats(-EXP_MAX, EXP_MAX) | st.floats(-(2**-20), 2**-20) | st.floats(-3, 3)
NUMBERS = st.floats(min_value=float(np.finfo(np.float64).tiny), max_value=1e300) | st.floats(
    0.9990234375, 1.0009765625
)
DIGITS = {
    "gbm": "6082e564a84a",
    "student_t": "6581e1543aa3",
    "merton": "e3d4ca620212",
    "regimes": "089ca9421f4e",
}
"""SHA-256 of the prices of four years under each law, first digits."""


def true(values: NDArray[np.float64], name: str) -> list[float]:
    """Return a function of each value by Decimal arithmetic with 70 digits, rounded once."""
    with localcontext() as context:
        context.prec = 70
        return [float(getattr(Decimal(value), name)()) for value in values.tolist()]


@given(st.lists(EXPONENTS, min_size=1, max_size=20))
def test_an_exponential_is_the_nearest_double(exponents: list[float]) -> None:
    """Goal: one result, not one for each processor. Method: Decimal with 70 digits."""
    x = np.array(exponents)
    assert true(x, "exp") == exp(x).tolist()


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_a_logarithm_is_the_nearest_double(numbers: list[float]) -> None:
    """Goal: the same, where it is hardest too, around 1. Method: Decimal with 70 digits."""
    x = np.array(numbers)
    assert true(x, "ln") == log(x).tolist()


def test_numbers_in_doubt_are_settled_by_decimals() -> None:
    """Goal: the slow way is taken and right. Method: so many numbers that some need it."""
    x = np.random.default_rng(1).normal(size=30_000)
    assert true(x, "exp") == exp(x).tolist()
    assert true(np.abs(x), "ln") == log(np.abs(x)).tolist()


HARD = ("-0x1.af41bae24d68ap+0", "-0x1.5a37a3934e7f8p-3", "-0x1.63d0d4db73187p+1")
"""Of 400,000 normal numbers, those whose exponentials lie so near the middle of two doubles that
the quick way takes the wrong one."""


def test_exponentials_between_two_doubles_are_decided_rightly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Goal: doubt is told and settled. Method: hard numbers, with and without doubt."""
    x = np.array([float.fromhex(text) for text in HARD])
    assert true(x, "exp") == exp(x).tolist()
    monkeypatch.setattr(exact_math, "_EXP_DOUBT", 0.0)
    assert all(a != b for a, b in zip(true(x, "exp"), exp(x).tolist(), strict=True))


@pytest.mark.parametrize("wrong", [EXP_MAX + 1, -EXP_MAX - 1, np.inf, np.nan])
def test_an_exponent_beyond_doubles_is_refused(wrong: float) -> None:
    """Goal: no infinity and no zero slips in. Method: numbers at and past the ends."""
    with pytest.raises(ValueError, match="exponents lie in"):
        exp(np.array([0.0, wrong]))


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.inf, np.nan, 1e-310])
def test_what_has_no_logarithm_is_refused(wrong: float) -> None:
    """Goal: no NaN slips in. Method: nothing, negative, infinite and too small numbers."""
    with pytest.raises(ValueError, match="positive finite"):
        log(np.array([1.0, wrong]))


def digits(law: str) -> str:
    """Return the digest of all prices under a law."""
    prices = build(market(law), Streams(7), DAYS)
    text = "\n".join(f"{asset} {tiyn}" for asset, tiyn in prices.table.items())
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@pytest.mark.parametrize("law", LAWS)
def test_prices_have_the_digits_they_always_had(law: str) -> None:
    """Goal: the same prices on every machine. Method: digests written down."""
    assert DIGITS[law] == digits(law)


def numpys_own() -> str:
    """Return the digest of exponentials that NumPy computes itself."""
    x = np.random.default_rng(1).normal(size=30_000)
    return hashlib.sha256(np.exp(x).tobytes()).hexdigest()[:12]


@pytest.fixture(scope="module")
def masked() -> list[str]:
    """Return the digests that NumPy finds without what only some processors can; its own last."""
    script = (
        "from tests.unit.test_market_exact_math import LAWS, digits, numpys_own;"
        "print(*(digits(law) for law in LAWS), numpys_own())"
    )
    root = Path(__file__).parents[2]
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=root,
        env={
            **os.environ,
            "NPY_DISABLE_CPU_FEATURES": " ".join(PROCESSOR.__cpu_dispatch__),
            "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.split()


def test_prices_have_the_same_digits_without_the_processors_own_functions(
    masked: list[str],
) -> None:
    """Goal: no result depends on what the processor can. Method: NumPy without any of it."""
    assert [digits(law) for law in LAWS] == masked[:-1]


def test_numpys_own_exponentials_differ_between_processors(masked: list[str]) -> None:
    """Goal: the test above can fail. Method: NumPy's exponentials with and without."""
    if not any(PROCESSOR.__cpu_features__.get(name) for name in PROCESSOR.__cpu_dispatch__):
        pytest.skip("this processor has nothing that could be left out")
    assert numpys_own() != masked[-1]
