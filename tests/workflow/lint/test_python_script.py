"""Faults of scripts in Python, and what is no fault."""

import pytest

from dure.workflow import python_faults

GOOD = [
    "import os\nprint(os.environ)\n",
    "import os.path as path\nfor name in path.split('a'): print(name)\n",
    "def f(a, *b, **c):\n    return [a for a in b if (d := a)] + [c, d]\n",
    "try:\n    import json\nexcept ImportError as error:\n    print(error)\n    json = None\nprint(json)\n",
    "from x import *\nprint(anything)\n",
    "match 1:\n    case [a, *rest]: print(a, rest)\n    case {'k': v, **more}: print(v, more)\n",
    "print(__file__, __name__)\n",
    "print(____)\n",
    "exec('a = 1')\nprint(a)\n",
    "class A:\n    b: int = 1\nglobal c\nprint(A, c)\n",
    "from __future__ import annotations\n",
]


@pytest.mark.parametrize("source", GOOD)
def test_nothing_is_said_of_what_may_be_right(source: str) -> None:
    assert python_faults(source) == []


def test_faults_are_told_with_their_lines() -> None:
    told = [
        (line, str(text)) for line, text in python_faults("import a\nimport b\nfor a in b: print(c)\nfrom d import e\n")
    ]
    assert told == [
        (3, "Nothing in the script is called `c`."),
        (3, "The loop takes the name `a`, which line 1 imports."),
        (4, "`e` is imported and not used."),
    ]


def test_what_python_cannot_read_is_told() -> None:
    assert [line for line, _ in python_faults("print(1)\nprint(\n")] == [2]
