"""One concept has one word, and words that could mean anything are not used as names.

The list is the glossary's. A word counts where it stands whole between underscores or capitals,
in a name that this project defines: `data` is found in `load_data` and not in `metadata`.
"""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from itertools import pairwise

import pytest

from tests.architecture.source import Definition, FunctionNode, Module, hold, modules, parsed
from tests.architecture.source import product as product_modules

BANNED = {
    "transaction": "`transfer`; OCDS says transactions, at export only",
    "process": "the institution or step by its own name",
    "data": "what it holds",
    "info": "what it tells",
    "util": "a module named for what it does",
    "helper": "a name for what it does",
    "manager": "a name for what it does",
    "handler": "a verb for what it does",
    "service": "a name for what it does",
    "engine": "only inside engine/",
    "user": "`wallet`, `pupil`, `analyst`: whoever it is",
    "tag": "`mark`",
    "legacy": "what it is, not how old",
    "new": "what it is, not how old",
    "v2": "what it is, not how old",
    "fix": "what it does",
    "temp": "what it holds",
    "sender": "`payer`",
    "receiver": "`payee`",
}
BANNED_PAIRS = {("smart", "contract"): "`rule`", ("phase", "1"): "what it is"}

# A word allowed in some files, with the reason: (files, word) -> reason.
ALLOWED = {
    ("src/tengesim/engine/*", "engine"): "it is the engine",
    ("tests/engine/*", "engine"): "these are its tests",
    ("src/tengesim/cli*", "engine"): "the option --engine",
    ("src/tengesim/store/*", "engine"): "timing.json says which engine ran",
    ("src/tengesim/engine/*", "process"): "SimPy's word for a generator it resumes",
    ("src/tengesim/institutions/*", "process"): "SimPy's word for a generator it resumes",
}
# In tests only what names a file, a class or a test counts. These may be said there: sentences need
# the first three, and V2 is a reference result.
SAID_IN_TESTS = {"process", "new", "data", "v2"}


def words(name: str) -> list[str]:
    """Return the lower-case words of a snake_case or CamelCase name; special methods have none."""
    if name.startswith("__") and name.endswith("__"):
        return []
    return [
        word.lower()
        for part in name.split("_")
        for word in re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+", part)
    ]


def banned_words(name: str) -> Iterator[tuple[str, str]]:
    """Yield each banned word in `name` with what to say instead; plurals count."""
    parts = words(name)
    for word in parts:
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in BANNED:
                yield form, BANNED[form]
                break
    for pair in pairwise(parts):
        if pair in BANNED_PAIRS or (pair[0] == "phase" and pair[1].isdigit()):
            yield " ".join(pair), BANNED_PAIRS.get(pair, "what it is")


def targets(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what a statement assigns to, taken apart where it is a tuple or a list."""
    stack: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        stack = list(node.targets)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        stack = [node.target]
    while stack:
        target = stack.pop()
        if isinstance(target, ast.Tuple | ast.List):
            stack.extend(target.elts)
        else:
            yield target


def definitions(module: Module) -> Iterator[tuple[int, str]]:
    """Yield the modules, classes and functions that a file defines, with their lines."""
    for part in module.parts:
        yield 1, part
    for node in ast.walk(module.tree):
        if isinstance(node, Definition):
            yield node.lineno, node.name


def holders(module: Module) -> Iterator[tuple[int, str]]:
    """Yield the parameters, attributes and names at module or class level that a file assigns."""
    for node in ast.walk(module.tree):
        if isinstance(node, FunctionNode | ast.Lambda):
            found = node.args
            every = [*found.posonlyargs, *found.args, *found.kwonlyargs, found.vararg, found.kwarg]
            yield from ((one.lineno, one.arg) for one in every if one is not None)
        for target in targets(node):
            if isinstance(target, ast.Attribute):
                yield target.lineno, target.attr
        if isinstance(node, ast.Module | ast.ClassDef):
            for statement in node.body:
                for target in targets(statement):
                    if isinstance(target, ast.Name):
                        yield target.lineno, target.id


def allowed(path: str, word: str) -> bool:
    """Return whether the allow-list lets `path` use `word`."""
    return any(word == known and fnmatch(path, files) for files, known in ALLOWED)


def banned_names(module: Module) -> Iterator[str]:
    """Yield each banned word among the names that a file defines."""
    for line, name in (*definitions(module), *holders(module)):
        for word, instead in banned_words(name):
            if not allowed(module.path, word):
                yield f"{line}: {name}: not `{word}`; say {instead}"


def banned_test_names(module: Module) -> Iterator[str]:
    """Yield each banned word in the names of test files, classes and functions."""
    for line, name in definitions(module):
        for word, instead in banned_words(name):
            if word not in SAID_IN_TESTS and not allowed(module.path, word):
                yield f"{line}: {name}: not `{word}`; say {instead}"


def test_no_name_uses_a_banned_word() -> None:
    """Goal: one concept, one word. Method: split every name we define into words."""
    hold(banned_names, product_modules())


def test_no_test_is_named_with_a_banned_word() -> None:
    """Goal: tests speak the glossary too. Method: the names of their files and functions."""
    hold(banned_test_names, modules("tests"))


@pytest.mark.parametrize(
    "text",
    [
        "def load_data(): ...",
        "class RuleManager: ...",
        "def f(user_id): ...",
        "class A:\n    def g(self):\n        self.temp = 1",
        "x, (new_rate, y) = 1, (2, 3)",
        "class A:\n    tags: int",
        "class SmartContract: ...",
        "def after_phase_2(): ...",
    ],
)
def test_a_banned_word_is_found_wherever_a_name_is_defined(text: str) -> None:
    """Goal: the rule can fail. Method: one planted name of each kind."""
    assert len(list(banned_names(parsed(text)))) == 1


@pytest.mark.parametrize(
    "text",
    ["def __new__(cls): ...", "metadata = 1", "class Prefix: ...", "environment.process()"],
)
def test_a_word_inside_another_or_of_another_project_is_no_violation(text: str) -> None:
    """Goal: no false alarms. Method: names that only contain a banned word, and calls."""
    assert list(banned_names(parsed(text))) == []
