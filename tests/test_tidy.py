"""The house is kept by this file instead of by reviewers. Crossing a limit means: split by noun.

Where a limit is crossed on purpose, the code says so and why: a line `# tidy: the reason` for a file or a room (in
its door), the same at the end of a `def` line for a function.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "src" / "dure"
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
ROOM_MODULES_MAX = 12
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "service", "services", "manager"}

EXCUSE = re.compile(r"# tidy: \S+ \S+")
EXCUSE_FOR_A_FILE = re.compile(rf"^{EXCUSE.pattern}", re.MULTILINE)
WRITTEN_BY_HAND = {
    "src": ("py", "html"),
    "web": ("js", "mjs", "css"),
    "tests": ("py", "js", "html"),
    "bench": ("py",),
    "tools": ("py", "sh"),
}
DOORS = sorted(HOUSE.rglob("__init__.py"))


def files() -> Iterator[Path]:
    yield from ROOT.glob("*.py")
    for folder, endings in WRITTEN_BY_HAND.items():
        for path in sorted((ROOT / folder).rglob("*")):
            made = {"node_modules", "dist", "__pycache__"} & set(path.parts)
            if path.suffix.removeprefix(".") in endings and path.is_file() and not made:
                yield path


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", list(files()), ids=named)
def test_a_file_is_read_in_one_sitting(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert text.count("\n") <= FILE_LINES_MAX or EXCUSE_FOR_A_FILE.search(text)
    assert path.stem not in NAMES_THAT_SAY_NOTHING


@pytest.mark.parametrize("path", [path for path in files() if path.suffix == ".py"], ids=named)
def test_a_function_is_seen_at_once(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    too_long = [
        f"{function.name} ({length} lines)"
        for function in functions(ast.parse(text))
        if (length := (function.end_lineno or function.lineno) - function.lineno + 1) > FUNCTION_LINES_MAX
        and not EXCUSE.search(lines[function.lineno - 1])
    ]

    assert too_long == []


@pytest.mark.parametrize("door", DOORS, ids=named)
def test_a_room_has_few_modules(door: Path) -> None:
    modules = [path.stem for path in door.parent.glob("*.py")]

    assert len(modules) <= ROOM_MODULES_MAX or EXCUSE_FOR_A_FILE.search(door.read_text(encoding="utf-8"))


@pytest.mark.parametrize("door", DOORS, ids=named)
def test_a_door_says_what_lies_behind_it(door: Path) -> None:
    tree = ast.parse(door.read_text(encoding="utf-8"))
    said = ast.get_docstring(tree) or ""

    assert said, "a package begins with a sentence on what it is for"
    if door.parent.parent == HOUSE:
        missing = [word for word in ("In", "Out", "Asks") if not re.search(rf"\b{word}: ", said)]
        assert missing == [], "a room's door says what comes In, what goes Out, and whom it Asks"
    if any(isinstance(node, ast.ImportFrom) for node in tree.body):
        names = [name.id for node in tree.body if isinstance(node, ast.Assign) for name in assigned(node)]
        assert "__all__" in names, "what a door hands out is listed in __all__"


def assigned(node: ast.Assign) -> Iterator[ast.Name]:
    return (target for target in node.targets if isinstance(target, ast.Name))


@pytest.mark.parametrize("path", sorted(HOUSE.rglob("*.py")), ids=named)
def test_an_event_is_named_after_its_room(path: Path) -> None:
    room = path.relative_to(HOUSE).parts[0]
    astray = [
        f"{node.name}: {keyword.value.value!r}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for keyword in node.keywords
        if keyword.arg == "kind" and isinstance(keyword.value, ast.Constant)
        if not re.fullmatch(rf"{room}\.[a-z]+(_[a-z]+)*", str(keyword.value.value))
    ]

    assert astray == [], f"an event of this room is called {room}.something_happened"
