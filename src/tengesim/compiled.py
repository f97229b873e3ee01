"""Compiled functions: one decorator for all of them, where they are kept, and words of memory.

Numba compiles a function when it is first called and keeps the result on disk. It does not see
changes in functions that a compiled one calls, so what is kept belongs to the text of every module
with a compiled function, to Numba and to the processor. `NUMBA_DISABLE_JIT=1` leaves everything
plain Python, which gives the same results slowly.
"""

import contextlib
import hashlib
import importlib
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

__all__ = [
    "COMPILED_MODULES",
    "cache_folder",
    "int_at",
    "is_compiled",
    "kernel",
    "lean",
    "long_at",
    "prefetch",
    "put_long",
]

Compiled = TypeVar("Compiled", bound=Callable[..., Any])

COMPILED_MODULES: Final[tuple[str, ...]] = (
    "bench/limit",
    "compiled",
    "engine/gathering_folds",
    "engine/kernel",
    "engine/kernel_purses",
    "engine/kernel_rails",
    "engine/kernel_refunds",
    "engine/kernel_rows",
    "engine/kernel_vouchers",
    "engine/kernel_wallets",
    "institutions/wallets/watch",
    "journal/cube",
    "journal/keeping_fold",
    "journal/rows_kernel",
    "ledger/columns_kernel",
    "journal/totals",
    "ledger/audit_folds",
    "metrics/moments_fold",
    "metrics/origin_fold",
    "population/filling_kernel",
    "population/wallets_kernel",
    "population/words",
    "retail/cells",
    "retail/ordering",
    "rules/counters",
    "rules/tables",
    "store/log_back_kernel",
    "store/log_kernel",
    "store/log_scan",
)
"""Every module of the package with a function decorated by `kernel`, by path without suffix."""

_FOLDER: Final = "TENGESIM_CACHE"


def is_compiled() -> bool:
    """Return whether functions are compiled at all."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in {"", "0"}


def cache_folder() -> Path | None:
    """Return where compiled functions are kept; None where nothing can be written.

    `TENGESIM_CACHE` names the folder, else it is the user's own for caches. Its last part is a
    digest of what the machine code depends on, so nothing stale is ever loaded.
    """
    stated = os.environ.get(_FOLDER)
    homes = [Path(stated)] if stated else [_home_folder(), Path(tempfile.gettempdir()) / _own()]
    for home in homes:
        folder = home / _fingerprint()
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder):
                return folder
    return None


def _own() -> str:
    return f"tengesim-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"


def _home_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    with contextlib.suppress(RuntimeError):
        return (Path(base) if base else Path.home() / ".cache") / "tengesim"
    return Path(tempfile.gettempdir()) / _own()


def _numba(module: str = "") -> Any:  # noqa: ANN401 - its types say less than its documentation
    return importlib.import_module(f"numba{module}")


def _fingerprint() -> str:
    import numpy as np

    numba = _numba()
    parts = [numba.__version__, np.__version__, platform.python_version(), platform.machine()]
    found = hashlib.sha256("/".join(parts).encode())
    home = Path(__file__).parent
    for module in COMPILED_MODULES:
        found.update((home / f"{module}.py").read_bytes())
    return found.hexdigest()[:16]


def _prepare() -> bool:
    """Tell Numba where to keep what it compiles; return whether it may keep anything."""
    if not is_compiled():
        return False
    folder = cache_folder()
    if folder is not None:
        _numba().config.CACHE_DIR = str(folder)
    return folder is not None


_IS_KEPT: Final = _prepare()


def kernel(function: Compiled) -> Compiled:
    """Compile `function` at its first call: exact integers, one thread, no lock held."""
    return _compiled(function)


def lean(function: Compiled) -> Compiled:
    """Compile as `kernel` does a function that makes no array, only uses those it is given.

    Whose they are is then not counted, which costs more than the arithmetic where many functions
    hand many arrays to one another.
    """
    return _compiled(function, _nrt=False)


def _compiled(function: Compiled, **options: bool) -> Compiled:
    # An array is seven numbers or more to a function that is called, all of them on the stack;
    # handing a dozen on costs more than what most functions do.
    decorated: Compiled = _numba().njit(
        cache=_IS_KEPT,
        fastmath=False,
        parallel=False,
        nogil=True,
        error_model="numpy",
        forceinline=True,
        **options,
    )(function)
    return _of_one_form(decorated) if is_compiled() else decorated


def _of_one_form(decorated: Any) -> Any:  # noqa: ANN401 - Numba's own type
    """Let compiled code call a function with constants as it calls it with any other number.

    Numba makes one more form of a function for every constant it is called with, and compiles
    all of them.
    """
    unliteral = _numba(".core.types").unliteral
    template = decorated.get_call_template

    def get_call_template(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:  # noqa: ANN401
        plain = {name: unliteral(kind) for name, kind in kws.items()}
        return template(tuple(unliteral(kind) for kind in args), plain)

    decorated.get_call_template = get_call_template
    return decorated


def _prefetcher() -> Callable[[Any, int], None]:
    """Return the hint that a row of an array will be written soon; it changes no result."""
    if not is_compiled():
        return lambda _array, _index: None
    ir: Any = importlib.import_module("llvmlite.ir")
    cgutils, types = _numba(".core.cgutils"), _numba(".core.types")

    def hint(_context: Any, array: Any, index: Any) -> Any:  # noqa: ANN401 - Numba's own types
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
            made = context.make_array(signature.args[0])(context, builder, arguments[0])
            zeros = [context.get_constant(types.intp, 0)] * (signature.args[0].ndim - 1)
            place = context.cast(builder, arguments[1], signature.args[1], types.intp)
            pointer = cgutils.get_item_pointer(
                context,
                builder,
                signature.args[0],
                made,
                [place, *zeros],
                wraparound=False,
                boundscheck=False,
            )
            byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
            declared = cgutils.get_or_insert_function(
                builder.module,
                ir.FunctionType(ir.VoidType(), [byte, word, word, word]),
                "llvm.prefetch.p0i8",
            )
            # For writing, to be kept in all caches, data.
            flags = [ir.Constant(word, flag) for flag in (1, 3, 1)]
            builder.call(declared, [builder.bitcast(pointer, byte), *flags])
            return context.get_dummy_value()

        return types.void(array, index), generate

    found: Callable[[Any, int], None] = _numba(".core.extending").intrinsic(hint)
    return found


prefetch = _prefetcher()


def _byte_pointer(context: Any, builder: Any, signature: Any, arguments: Any, kind: Any) -> Any:  # noqa: ANN401 - Numba's own types
    """Return where a number of `kind` stands in an array of bytes, wherever that is."""
    cgutils, types = _numba(".core.cgutils"), _numba(".core.types")
    array, index = signature.args[:2]
    made = context.make_array(array)(context, builder, arguments[0])
    place = context.cast(builder, arguments[1], index, types.intp)
    pointer = cgutils.get_item_pointer(
        context, builder, array, made, [place], wraparound=False, boundscheck=False
    )
    return builder.bitcast(pointer, kind.as_pointer())


def _reader(size: int) -> Callable[[Any, int], np.int64]:
    """Return what reads a number of `size` bytes, the lowest first, at a place among bytes."""
    if not is_compiled():
        return lambda content, at: np.int64(
            int.from_bytes(content[at : at + size], "little", signed=True)
        )
    ir: Any = importlib.import_module("llvmlite.ir")
    types = _numba(".core.types")

    def read(_context: Any, content: Any, at: Any) -> Any:  # noqa: ANN401 - Numba's own types
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
            kind = ir.IntType(8 * size)
            pointer = _byte_pointer(context, builder, signature, arguments, kind)
            return builder.sext(builder.load(pointer, align=1), ir.IntType(64))

        return types.int64(content, at), generate

    found: Callable[[Any, int], np.int64] = _numba(".core.extending").intrinsic(read)
    return found


def _writer() -> Callable[[Any, int, np.uint64], None]:
    """Return what writes a word of eight bytes, the lowest first, to a place among bytes."""
    if not is_compiled():

        def put(content: Any, at: int, word: np.uint64) -> None:  # noqa: ANN401 - an array
            content[at : at + 8] = np.frombuffer(int(word).to_bytes(8, "little"), dtype=np.uint8)

        return put
    ir: Any = importlib.import_module("llvmlite.ir")
    types = _numba(".core.types")

    def write(_context: Any, content: Any, at: Any, word: Any) -> Any:  # noqa: ANN401 - Numba's own types
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
            pointer = _byte_pointer(context, builder, signature, arguments, ir.IntType(64))
            whole = context.cast(builder, arguments[2], signature.args[2], types.uint64)
            builder.store(whole, pointer, align=1)
            return context.get_dummy_value()

        return types.void(content, at, word), generate

    found: Callable[[Any, int, np.uint64], None] = _numba(".core.extending").intrinsic(write)
    return found


int_at = _reader(4)
"""The whole number of four bytes that stands at a place among bytes."""
long_at = _reader(8)
"""The whole number of eight bytes that stands at a place among bytes."""
put_long = _writer()
"""Write eight bytes to a place among bytes: all of them, so there has to be room."""
