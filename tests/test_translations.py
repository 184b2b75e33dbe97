"""Every text that people see has its Korean, with the same holes."""

import subprocess
import sys
from pathlib import Path

import pytest

from dure.kit import LANGUAGES, Text, say, say_count
from tools.texts import holes

ROOT = Path(__file__).parents[1]


def test_the_korean_catalogue_is_complete() -> None:
    words = [sys.executable, "-m", "tools.texts", "--check"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_text_is_data_until_somebody_reads_it() -> None:
    text = say("Closed {title}", title="the door")
    assert (text.pattern, text.values) == ("Closed {title}", {"title": "the door"})
    assert str(text) == "Closed the door"


def test_a_text_inside_a_text_is_shown_in_the_same_language() -> None:
    text = Text("{inner}!", {"inner": say_count("{count} issue", "{count} issues", 2)})
    assert str(text) == "2 issues!"


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_values_are_only_values(language: str) -> None:
    assert say("Closed {title}", title="{0.__class__} %(x)s").into(language).endswith("{0.__class__} %(x)s")


def test_holes_are_found_in_both_manners() -> None:
    assert holes("{a} and {b!r} and %(c)s, not {{d}}") == {"a", "b", "c"}
