"""What people write, as safe HTML: Markdown without raw HTML, then an allow-list as a second wall.

In: a text nobody vouches for, and somebody who knows what "@ada" and "#12" stand for.
Out: markup that carries no script, loads nothing from elsewhere and cannot break out of its place.
"""

from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from time import thread_time

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape

from dure.shell.writing.bidi import shown
from dure.shell.writing.code import code_block
from dure.shell.writing.marks import Link, Resolve, mark_words, words_in

__all__ = ["Link", "Resolve", "markdown"]

LIMIT_CHARACTERS = 60_000
READING_SECONDS_MAX = 0.25
"""Longer texts, and those made to hurt, are shown as they were written: reading them would cost the house."""
REMEMBERED_MAX = 1000
REMEMBERED_LIMIT_CHARACTERS = 8000
"""What was drawn is kept for a while: a thread is read far more often than it is written."""

DEEPEST_NESTING = 20
TASKS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}

HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
BLOCKS = {"blockquote", "div", "hr", "li", "ol", "p", "pre", "ul"}
TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
WORDS = {"a", "br", "code", "del", "em", "img", "s", "span", "strong"}
ATTRIBUTES = {
    "a": {"href", "title", "class"},
    "code": {"class"},
    "div": {"class", "tabindex"},
    "img": {"src", "alt", "title", "loading"},
    "li": {"class"},
    "ol": {"start"},
    "pre": {"class", "tabindex"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class"},
}

Env = MutableMapping[str, object]


def markdown(source: str, resolve: Resolve | None = None, *, heading: int = 2) -> Markup:
    """Safe HTML. `resolve` is asked for each mention and reference; `heading` is the level the first heading gets.

    A heading is never more than one level below the one before it, whatever the writer thought it looked like.
    """
    found = {word: link for word in words_in(source) if (link := resolve(word))} if resolve else {}
    try:
        draw = remembered if len(source) <= REMEMBERED_LIMIT_CHARACTERS else drawn
        return draw(source, heading, tuple(sorted(found.items())))
    except TimeoutError:
        return as_written(source)


def drawn(source: str, heading: int, links: tuple[tuple[str, Link], ...]) -> Markup:
    if len(source) > LIMIT_CHARACTERS:
        raise TimeoutError
    env: Env = {"links": dict(links), "heading": heading, "give_up_at": thread_time() + READING_SECONDS_MAX}
    tokens = READER.parse(shown(source), env)
    clean = nh3.clean(
        READER.renderer.render(tokens, READER.options, env),
        tags=HEADINGS | BLOCKS | TABLES | WORDS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    return Markup(clean)  # noqa: S704 - this is the wall the escaping stands behind


remembered = lru_cache(maxsize=REMEMBERED_MAX)(drawn)


def as_written(source: str) -> Markup:
    return Markup('<pre class="code plain" tabindex="0">{}</pre>').format(shown(source))


def reader() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": DEEPEST_NESTING})
    md.enable(["table", "strikethrough"])
    md.inline.ruler.before("text", "hurry", hurry_words)
    md.block.ruler.before("table", "hurry", hurry_lines, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    md.core.ruler.push("headings", settle_headings)
    md.core.ruler.push("tasks", tick_tasks)
    md.core.ruler.push("marks", mark_inline)
    md.add_render_rule("fence", draw_fence)
    md.add_render_rule("code_block", draw_fence)
    md.add_render_rule("image", draw_image)
    md.add_render_rule("table_open", lambda *_: '<div class="scroll" tabindex="0"><table>')
    md.add_render_rule("table_close", lambda *_: "</table></div>")
    md.add_render_rule("th_open", draw_cell)
    md.add_render_rule("td_open", draw_cell)
    return md


def hurry_lines(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: ARG001
    """Asked before each line is read: some texts are made so that reading them takes minutes."""
    hurry_up(state.env)
    return False


def hurry_words(state: StateInline, silent: bool) -> bool:  # noqa: ARG001
    """Asked before each piece of a line is read."""
    hurry_up(state.env)
    return False


def hurry_up(env: Env) -> None:
    give_up_at = env.get("give_up_at")
    if isinstance(give_up_at, float) and thread_time() > give_up_at:
        raise TimeoutError


def settle_headings(state: StateCore) -> None:
    first = state.env.get("heading", 2)
    ceiling = int(first) if isinstance(first, int) else 2
    ranks = sorted({token.tag for token in state.tokens if token.type == "heading_open"})
    deepest = ceiling
    for token in state.tokens:
        if token.type == "heading_open":
            level = min(ceiling + ranks.index(token.tag), deepest, 6)
            deepest = level + 1
            token.tag = f"h{level}"
        elif token.type == "heading_close":
            token.tag = f"h{deepest - 1}"


def tick_tasks(state: StateCore) -> None:
    """`- [x] done` becomes a ticked box. It is a letter, not an input: a page is no place to change a text."""
    for item, paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open" or not inline.children:
            continue
        first = inline.children[0]
        box = TASKS.get(first.content[:4]) if first.type == "text" else None
        if box:
            first.content = box + first.content[4:]
            item.attrJoin("class", "task")


def mark_inline(state: StateCore) -> None:
    links = state.env.get("links")
    known = links if isinstance(links, dict) else {}
    for token in state.tokens:
        if token.type == "inline" and token.children:
            hurry_up(state.env)
            token.children = mark_words(token.children, known.get)


def draw_fence(
    renderer: RendererHTML,  # noqa: ARG001
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,  # noqa: ARG001
    env: Env,  # noqa: ARG001
) -> str:
    language = tokens[index].info.strip().split(" ")[0]
    return code_block(tokens[index].content, language or "text")


def draw_image(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: Env,
) -> str:
    """Pictures of our own are shown. One from elsewhere would tell its owner who reads, so it becomes a link."""
    token = tokens[index]
    source = str(token.attrs.get("src", ""))
    words = renderer.renderInlineAsText(token.children or [], options, env)
    if source.startswith("/") and not source.startswith("//"):
        return f'<img src="{escape(source)}" alt="{escape(words)}" loading="lazy">'
    inside_link = sum(token.type == "link_open" for token in tokens[:index]) > sum(
        token.type == "link_close" for token in tokens[:index]
    )
    return str(escape(words)) if inside_link else f'<a href="{escape(source)}">{escape(words or source)}</a>'


def draw_cell(
    renderer: RendererHTML,  # noqa: ARG001
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,  # noqa: ARG001
    env: Env,  # noqa: ARG001
) -> str:
    """Where a column stands is a class: a style attribute would be refused by our own security policy."""
    token = tokens[index]
    side = str(token.attrs.get("style", "")).removeprefix("text-align:")
    return f'<{token.tag} class="{side}">' if side in ("center", "right") else f"<{token.tag}>"


READER = reader()
