"""The words of the Makefile, and what `make setup` says on a machine that lacks something."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETUP = ROOT / "tools" / "venv.sh"

OLD_PYTHON = 'case "$1" in -V) echo Python 3.9.2 ;; *) exit 1 ;; esac'
PYTHON_WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1 ;; esac'


def test_make_alone_says_the_words() -> None:
    said = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout

    for word in ("setup", "dev", "check", "test", "docs"):
        assert f"make {word} " in said


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        (None, "Dure needs Python 3.11 or newer, and there is no python3 here."),
        (OLD_PYTHON, "Dure needs Python 3.11 or newer, and python3 is Python 3.9.2."),
        (PYTHON_WITHOUT_VENV, "Dure needs Python's venv module. On Debian or Ubuntu: apt install python3-venv"),
        ("exit 0", "Dure needs git. On Debian or Ubuntu: apt install git"),
    ],
)
def test_setup_names_what_is_lacking(tmp_path: Path, python: str | None, sentence: str) -> None:
    if python is not None:
        program = tmp_path / "python3"
        program.write_text(f"#!/bin/sh\n{python}\n")
        program.chmod(0o755)
    shell = shutil.which("sh")
    assert shell is not None

    done = subprocess.run(
        [shell, str(SETUP)],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHON"} | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert not (tmp_path / ".venv").exists()
