"""What is written about Dure is true: the reference fits the code, and every path that is named exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WRITTEN = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
PATH = re.compile(r"`((?:src|tests|docs|web|tools|bench)/[^`\s*{]+)`")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_reference_is_what_the_code_says() -> None:
    words = [sys.executable, "-m", "tools.reference", "--check"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", WRITTEN, ids=named)
def test_every_path_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [page.parent / link for link in LINK.findall(text)]
    paths = [ROOT / path.partition(":")[0] for path in PATH.findall(text)]

    assert [str(path) for path in [*links, *paths] if not path.exists()] == []
