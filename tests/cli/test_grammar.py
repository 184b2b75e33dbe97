"""The words of `dure`: listed by section, loaded when said, in two languages, and what each ending means."""

import subprocess
import sys

import click
import pytest

from dure.__main__ import grammar
from dure.cli.grammar import ending_of
from dure.kit import Forbidden, Invalid, Missing, NotRunning, Refused, TooMany, Unauthenticated, say
from tests.parts.house import dure, environment_with

HEAVY = ("sqlalchemy", "litestar", "granian", "jinja2", "cryptography", "asyncio")


def test_help_lists_every_word_by_section() -> None:
    done = dure("--help")
    assert done.code == 0
    for title, words in grammar().sections:
        assert f"{title}:" in done.out
        assert all(f"\n  {name} " in done.out for name in words)


def test_help_speaks_the_language_of_the_environment() -> None:
    korean = dure("--help", environment={"DURE_LANGUAGE": "", "LC_ALL": "ko_KR.UTF-8"})
    assert korean.code == 0
    assert "사용법:" in korean.out
    assert "두레 운영" in korean.out


@pytest.mark.parametrize("name", sorted(grammar().words))
def test_every_word_has_help(name: str) -> None:
    word = grammar().words[name].load()
    commands = getattr(word, "commands", {}).values() or [word]
    assert word.help
    assert all(command.help for command in commands)
    options = [option for command in commands for option in command.params if isinstance(option, click.Option)]
    assert all(option.help for option in options)


def test_the_words_of_everybody_load_no_server() -> None:
    """Asked of a fresh interpreter, because this one has loaded everything already."""
    ask = "import sys; from dure.__main__ import grammar; [grammar().words[n].load() for n in sys.argv[1:]]; "
    ask += "print(*sorted(name.partition('.')[0] for name in sys.modules))"
    words = ["issue", "project", "login", "token", "completion", "version"]
    argv = [sys.executable, "-c", ask, *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment_with())
    assert set(HEAVY) & set(done.stdout.split()) == set()


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (Refused(say("no")), 1),
        (Forbidden(say("no")), 1),
        (TooMany(say("no"), 3), 1),
        (Invalid({"title": say("too long")}), 1),
        (NotRunning(say("no")), 3),
        (Unauthenticated(say("no")), 4),
        (Missing(), 5),
        (OSError(28, "No space left on device", "/x"), 1),
        (ZeroDivisionError("broken"), 1),
    ],
)
def test_each_ending_has_its_code_and_a_sentence(problem: Exception, code: int) -> None:
    found, texts = ending_of(problem)
    assert found == code
    assert all(str(text) for text in texts)


def test_a_word_that_does_not_exist() -> None:
    done = dure("dance")
    assert done.code == 2
    assert "No such command 'dance'" in done.err


def test_no_word_at_all_shows_them() -> None:
    done = dure()
    assert done.code == 2
    assert "Run the house" in done.out


def test_version_and_completion() -> None:
    assert dure("version").out.startswith("dure 0.")
    assert "complete" in dure("completion", "zsh").out
    offered = dure(environment={"_DURE_COMPLETE": "bash_complete", "COMP_WORDS": "dure is", "COMP_CWORD": "1"})
    assert "issue" in offered.out
