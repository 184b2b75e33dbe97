"""What all words of `dure` stand in: the list of words by section, their languages, and what each ending means.

Exit codes (docs/guide/cli.md): 0 done, 1 refused or a problem found, 2 wrongly asked, 3 not running or not reachable,
4 not signed in, 5 no such thing, 130 interrupted.
"""

import gc
import gettext
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import click

from dure.kit import (
    LOCALE,
    Invalid,
    Missing,
    NotRunning,
    Refused,
    Text,
    Unauthenticated,
    language_here,
    paint,
    plain,
    say,
    told,
)

REFUSED, WRONGLY_ASKED, NOT_RUNNING, NOT_SIGNED_IN, MISSING, INTERRUPTED = 1, 2, 3, 4, 5, 130
DEBUG = "DURE_DEBUG"


@dataclass(frozen=True)
class Word:
    """One word of `dure`: where it is defined, and what it does in a few words."""

    place: str
    says: Text

    def load(self) -> click.Command:
        module, _, name = self.place.partition(":")
        # All that is loaded now stays to the end: looking through it for garbage costs a tenth of the house's start.
        gc.disable()
        command: click.Command = getattr(import_module(module), name)
        gc.freeze()
        gc.enable()
        command.short_help = told(self.says)
        return command


class Grammar(click.Group):
    """The words of `dure`, by section. A word's module is imported only when the word is said."""

    def __init__(self, sections: Sequence[tuple[Text, Mapping[str, Word]]]) -> None:
        super().__init__(
            "dure",
            help=told(say("Dure carries a change round the whole DevOps loop.")),
            context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        )
        self.sections = list(sections)

    @property
    def words(self) -> dict[str, Word]:
        return {name: word for _, words in self.sections for name, word in words.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.words)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        word = self.words.get(cmd_name)
        return word.load() if word else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for title, words in self.sections:
            with formatter.section(told(title)):
                formatter.write_dl([(name, told(word.says)) for name, word in words.items()])


def speak(grammar: Grammar, argv: Sequence[str]) -> int:
    """Do what was said and answer with the exit code. Whatever goes wrong becomes a sentence."""
    teach_click()
    try:
        code = grammar.main(list(argv), prog_name="dure", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as asked:
        asked.show(sys.stdout)
        return WRONGLY_ASKED
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except (KeyboardInterrupt, click.Abort):
        print(file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our words has heard enough (`dure issue list | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as problem:
        if os.environ.get(DEBUG):
            raise
        return told_off(problem)
    return code if isinstance(code, int) else 0


def told_off(problem: Exception) -> int:
    """Say what went wrong, and which exit code that is."""
    code, texts = ending_of(problem)
    for text in texts:
        print(paint(plain(told(text)), "bad", sys.stderr), file=sys.stderr)
    return code


def ending_of(problem: Exception) -> tuple[int, list[Text]]:
    match problem:
        case Invalid():
            return REFUSED, [
                say("{field}: {problem}", field=name, problem=text) for name, text in problem.fields.items()
            ]
        case NotRunning():
            return NOT_RUNNING, [problem.text]
        case Unauthenticated():
            return NOT_SIGNED_IN, [problem.text]
        case Refused():
            return REFUSED, [problem.text]
        case Missing():
            return MISSING, [problem.text]
        case OSError():
            what = problem.strerror or type(problem).__name__
            if problem.filename is None:
                return REFUSED, [say("The machine says no: {what}.", what=what)]
            return REFUSED, [say("The machine says no: {what} ({file}).", what=what, file=problem.filename)]
        case _:
            what = f"{type(problem).__name__}: {problem}"
            return REFUSED, [
                say("Something in Dure itself is broken: {what}", what=what),
                say("With {variable}=1 the same words show where; please report it.", variable=DEBUG),
            ]


def teach_click() -> None:
    """Let click find its own few words (`Usage:`, `Missing option`) in our catalogue; `click_texts` lists them."""
    gettext.bindtextdomain("dure", LOCALE)
    gettext.textdomain("dure")
    os.environ["LANGUAGE"] = language_here()
