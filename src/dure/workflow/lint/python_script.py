"""What is surely wrong with a script in Python: it cannot be read, it names what nobody made, it imports for nothing.

Names are taken together over the whole script: what is bound anywhere counts as known everywhere, so that nothing is
told which may be right.
"""

import ast
import builtins
import warnings
from collections.abc import Iterator

from dure.kit import Text, say

KNOWN = frozenset((*dir(builtins), "__file__", "__annotations__", "__builtins__", "WindowsError"))


def python_faults(source: str) -> list[tuple[int, Text]]:
    """Faults with the line of the script that each stands in."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None) or 1
        return [(line, say("Python cannot read this: {why}.", why=getattr(error, "msg", None) or str(error)))]
    return sorted(faults(tree), key=lambda fault: fault[0])


def faults(tree: ast.Module) -> Iterator[tuple[int, Text]]:
    bound = set(bindings(tree))
    loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    if "*" not in bound and not loaded & {"exec", "eval", "globals", "locals", "vars"}:
        told: set[str] = set()
        for node in ast.walk(tree):
            if not isinstance(node, ast.Name) or node.id in bound or node.id in KNOWN or node.id in told:
                continue
            # Signs of underlining alone stand where an expression was.
            if node.id.strip("_"):
                told.add(node.id)
                yield node.lineno, say("Nothing in the script is called `{name}`.", name=node.id)
    yield from faults_of_imports(tree, loaded)


def bindings(tree: ast.Module) -> Iterator[str]:
    """Every name that the script binds anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names


def faults_of_imports(tree: ast.Module, loaded: set[str]) -> Iterator[tuple[int, Text]]:
    """Imports at the top of the script that nobody uses, and those that a loop takes the name of."""
    imported: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                continue
            for alias in node.names:
                imported[(alias.asname or alias.name).partition(".")[0]] = node.lineno
        elif isinstance(node, ast.For | ast.AsyncFor):
            for target in ast.walk(node.target):
                if isinstance(target, ast.Name) and target.id in imported:
                    line = imported.pop(target.id)
                    yield (
                        node.lineno,
                        say("The loop takes the name `{name}`, which line {line} imports.", name=target.id, line=line),
                    )
    exported = any(isinstance(node, ast.Name) and node.id == "__all__" for node in ast.walk(tree))
    for name, line in imported.items():
        if name not in loaded and not exported and name != "*":
            yield line, say("`{name}` is imported and not used.", name=name)
