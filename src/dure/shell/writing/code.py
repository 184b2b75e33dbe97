"""Code in colours. Pygments finds the tokens; our own style sheet colours their classes."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from io import StringIO
from time import thread_time

from markupsafe import Markup, escape
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import _TokenType
from pygments.util import ClassNotFound

from dure.shell.writing.bidi import shown

COLOURED_LIMIT_CHARACTERS = 20_000
COLOURING_SECONDS_MAX = 0.1
"""Longer code stays plain, and so does code made to hurt: some lexers take quadratic time over it.

This is time of this thread on the processor: a busy machine must not change what is shown.
"""

Coloured = tuple[_TokenType, str]

FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def code_block(source: str, language: str = "text") -> Markup:
    """A block of code, scrolled sideways when it is wide, reachable by keyboard for that reason."""
    return Markup('<pre class="code" tabindex="0"><code>{}</code></pre>').format(coloured(source, language))


def coloured(source: str, language: str) -> Markup:
    source = shown(source)
    lexer = lexer_for(language[:40].lower() or "text")
    if lexer is None or len(source) > COLOURED_LIMIT_CHARACTERS:
        return escape(source)
    give_up_at = thread_time() + COLOURING_SECONDS_MAX
    try:
        drawn = StringIO()
        FORMATTER.format(in_time(lexer.get_tokens(source), give_up_at), drawn)
    except TimeoutError:
        return escape(source)
    return Markup(drawn.getvalue())  # noqa: S704 - Pygments escapes what it prints


@lru_cache(maxsize=100)
def lexer_for(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None


def in_time(tokens: Iterable[Coloured], give_up_at: float) -> Iterator[Coloured]:
    for token in tokens:
        if thread_time() > give_up_at:
            raise TimeoutError
        yield token
