"""Proves that no route reaches the data of a project without asking policy: `python -m tools.routes_lint`

1. Routes touch no database: no SQLAlchemy, no session, no Work of their own making, no `write_now`.
2. Routes call verbs only inside what they hand to `house.read` or `house.write`, as whoever asks and not as the
   house, and enter other rooms by their doors.
3. From plan on, each verb that a door exports or a route uses asks policy, itself or through functions of its own
   room. One that need not says why, in the line above it: `# open: the reason`.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIRST_WITH_PROJECTS = "plan"
NOT_ROOMS = {"app", "cli", "keeper", "runner", "__main__"}
ASKING = {"require", "readable", "readable_scopes"}
"""What counts as asking. `may` does not: it decides what a page offers, and nothing stops there."""
FORBIDDEN_IN_ROUTES = {
    "session": "touches a database session; that is for verbs",
    "database": "touches the database; that is for verbs",
    "engine": "touches the database; that is for verbs",
    "write_now": "blocks the web edge; await house.write",
    "read_now": "blocks the web edge; await house.read",
}
EXCUSE = re.compile(r"\s*# open: \S+ \S+")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True)
class Fault:
    file: Path
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.words}"


@dataclass
class Module:
    """One file, and what the names in it mean."""

    name: str
    path: Path
    tree: ast.Module
    lines: list[str]
    functions: dict[str, Function] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By the name used here: the module it comes from, and its name there ("" for a whole module)."""

    @property
    def room(self) -> str:
        return self.name.split(".")[1] if "." in self.name else ""

    @property
    def is_routes(self) -> bool:
        return "routes" in self.name.split(".")[2:]

    def is_excused(self, node: ast.stmt) -> bool:
        first = min([node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", []))])
        return first >= 2 and EXCUSE.match(self.lines[first - 2]) is not None


class House:
    """All modules of the source tree, read and never run."""

    def __init__(self, source: Path, rooms_with_projects: set[str]) -> None:
        self.rooms_with_projects = rooms_with_projects
        self.modules: dict[str, Module] = {}
        for path in sorted(source.rglob("*.py")):
            parts = path.relative_to(source.parent).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            self.modules[name] = read_module(name, path)

    @cached_property
    def routes(self) -> list[Module]:
        return [module for module in self.modules.values() if module.is_routes]

    def find(self, module: Module, name: str) -> tuple[Module, Function] | None:
        """The function that a name in a module stands for, followed through doors."""
        for _ in range(len(self.modules)):
            if name in module.functions:
                return module, module.functions[name]
            origin, there = module.imported.get(name, ("", ""))
            if origin not in self.modules or not there:
                return None
            module, name = self.modules[origin], there
        return None

    def is_asking(self, module: Module, node: ast.AST) -> bool:
        """`policy.require`, or `require` imported from policy."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            origin, there = module.imported.get(node.value.id, ("", ""))
            return node.attr in ASKING and (origin == "dure.policy" or (origin, there) == ("dure", "policy"))
        if isinstance(node, ast.Name):
            origin, there = module.imported.get(node.id, ("", ""))
            return there in ASKING and origin.startswith("dure.policy")
        return False

    def asks(self, module: Module, function: Function, seen: set[int] | None = None) -> bool:
        """Whether the function asks policy, itself or through functions of its own room."""
        seen = seen if seen is not None else set()
        if id(function) in seen:
            return False
        seen.add(id(function))
        calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
        if any(self.is_asking(module, call) for call in calls):
            return True
        for call in calls:
            found = self.find(module, call.id) if isinstance(call, ast.Name) else None
            if found and found[0].room == module.room and self.asks(*found, seen):
                return True
        return False


def read_module(name: str, path: Path) -> Module:
    text = path.read_text()
    module = Module(name, path, ast.parse(text, str(path)), text.splitlines())
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module.imported[alias.asname or alias.name] = (node.module, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                module.imported[alias.asname or alias.name.split(".")[0]] = (alias.name, "")
    module.functions = {
        node.name: node for node in module.tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return module


def takes_work(function: Function) -> bool:
    """A verb: its first word is the work it is done in."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    return bool(arguments) and ends_with(arguments[0].annotation, "Work")


def ends_with(node: ast.expr | None, name: str) -> bool:
    return (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name)


def faults(source: Path, rooms_with_projects: set[str]) -> list[Fault]:
    house = House(source, rooms_with_projects)
    found = [fault for module in house.routes for fault in (*in_imports(module), *in_routes(house, module))]
    return sorted({*found, *silent_verbs(house)})


def in_imports(module: Module) -> Iterator[Fault]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            named = [node.module]
        else:
            continue
        for parts in (name.split(".") for name in named):
            if parts[0] == "sqlalchemy":
                yield Fault(module.path, node.lineno, "a route imports SQLAlchemy; that is for verbs")
            if parts[0] == "dure" and len(parts) > 2 and parts[1] not in (module.room, "wire"):
                door = ".".join(parts[:2])
                yield Fault(module.path, node.lineno, f"a route comes through the wall; use the door: {door}")


def in_routes(house: House, module: Module) -> Iterator[Fault]:
    for node, inside in walk_inside(module.tree, frozenset()):
        if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_IN_ROUTES:
            yield Fault(module.path, node.lineno, f"`.{node.attr}` in a route {FORBIDDEN_IN_ROUTES[node.attr]}")
        if isinstance(node, ast.Name) and node.id == "HOUSE" and module.room in house.rooms_with_projects:
            yield Fault(module.path, node.lineno, "a route acts as the house; policy lets the house do anything")
        if isinstance(node, ast.Call):
            yield from in_call(house, module, node, inside)


def in_call(house: House, module: Module, call: ast.Call, inside: frozenset[str]) -> Iterator[Fault]:
    if ends_with(call.func, "Work"):
        yield Fault(module.path, call.lineno, "a route makes a Work; only house.read and house.write do")
    if not isinstance(call.func, ast.Name):
        return
    found = house.find(module, call.func.id)
    if found is None or not takes_work(found[1]):
        return
    given = call.args[0] if call.args else None
    if not (isinstance(given, ast.Name) and given.id in inside):
        words = f"`{call.func.id}` is called outside of house.read and house.write"
        yield Fault(module.path, call.lineno, words)


def walk_inside(node: ast.AST, inside: frozenset[str]) -> Iterator[tuple[ast.AST, frozenset[str]]]:
    """Every node with the words that the functions round it were given."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        inside = inside | {argument.arg for argument in (*node.args.posonlyargs, *node.args.args)}
    yield node, inside
    for child in ast.iter_child_nodes(node):
        yield from walk_inside(child, inside)


def silent_verbs(house: House) -> Iterator[Fault]:
    """Verbs over projects that never ask policy."""
    for module, name in reached(house):
        found = house.find(module, name)
        if found is None:
            continue
        home, function = found
        if home.room not in house.rooms_with_projects or not takes_work(function):
            continue
        if not home.is_excused(function) and not house.asks(home, function):
            words = f"`{name}` never asks policy; call policy.require, or say above it why not: # open: the reason"
            yield Fault(home.path, function.lineno, words)


def reached(house: House) -> Iterator[tuple[Module, str]]:
    """What other rooms can call, and what routes name."""
    for room in sorted(house.rooms_with_projects):
        door = house.modules.get(f"dure.{room}")
        if door is not None:
            yield from ((door, name) for name in exported(door))
    for module in house.routes:
        yield from ((module, name) for name in [*module.imported, *module.functions])


def exported(door: Module) -> list[str]:
    for node in door.tree.body:
        if isinstance(node, ast.Assign) and any(ends_with(target, "__all__") for target in node.targets):
            return [str(name) for name in ast.literal_eval(node.value)]
    return []


def rooms_with_projects(pyproject: Path) -> set[str]:
    """The rooms from plan on, by the order of the layers."""
    contracts = tomllib.loads(pyproject.read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    names = [name.strip(" ()") for layer in layers for name in layer.split("|")]
    return set(names[: names.index(FIRST_WITH_PROJECTS) + 1]) - NOT_ROOMS


def main() -> int:
    found = faults(ROOT / "src" / "dure", rooms_with_projects(ROOT / "pyproject.toml"))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
