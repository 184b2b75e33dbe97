"""What people write: drawn as they meant it, and harmless whatever they meant."""

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.shell import Link, code_block, markdown

KNOWN = {"@ada": Link("/people/ada", "Ada"), "#12": Link("/p/issues/12"), "ada/shop#7": Link("/ada/shop/issues/7")}
DANGER = re.compile(r"<script|<iframe|<style|<svg|<form|<input|javascript:|\son\w+\s*=|style=|srcset", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")


def test_the_usual() -> None:
    drawn = markdown("# One\n\n**two** ~~three~~ `four`\n\n- [x] five\n- [ ] six\n\n|a|b|\n|:-:|--:|\n|1|2|\n")
    for piece in (
        "<h2>One</h2>",
        "<strong>two</strong> <s>three</s> <code>four</code>",
        '<li class="task">☑ five</li>',
        '<li class="task">☐ six</li>',
        '<th class="center">a</th>',
        '<td class="right">2</td>',
    ):
        assert piece in drawn


def test_a_line_break_is_one() -> None:
    assert markdown("one\ntwo") == "<p>one<br>\ntwo</p>\n"


@pytest.mark.parametrize(
    ("source", "levels"),
    [("# a\n## b\n### c", "234"), ("### a\n# b", "22"), ("#### a\n###### b\n## c", "232"), ("# a\n###### b", "23")],
)
def test_headings_never_skip_a_level(source: str, levels: str) -> None:
    assert "".join(re.findall(r"<h(\d)>", markdown(source))) == levels
    assert re.findall(r"<h(\d)>", markdown(source)) == re.findall(r"</h(\d)>", markdown(source))


def test_words_that_stand_for_something_become_links() -> None:
    drawn = markdown("@ada: #12, (ada/shop#7). Not a@ada.io, `#12`, x#12, #120, @bob or [#12](/else)", KNOWN.get)
    assert drawn.count('class="mark"') == 3
    assert '<a href="/people/ada" title="Ada" class="mark" rel="nofollow noopener noreferrer">@ada</a>:' in drawn
    assert ">ada/shop#7</a>)" in drawn


def test_only_known_words_are_asked_for_and_the_answer_may_change() -> None:
    asked: list[str] = []

    def resolve(word: str) -> Link | None:
        asked.append(word)
        return None

    assert "<a" not in markdown("@ada and #12, e-mail a@b.c", resolve)
    assert sorted(asked) == ["#12", "@ada"]
    assert "<a" in markdown("@ada and #12, e-mail a@b.c", KNOWN.get)


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("see https://a.example/x?b=1&c=2.", "https://a.example/x?b=1&c=2"),
        ("(https://a.example/x)", "https://a.example/x"),
        ("https://a.example/x_(y)", "https://a.example/x_(y)"),
        ("<https://a.example>", "https://a.example"),
    ],
)
def test_addresses_become_links(source: str, address: str) -> None:
    found = re.search(r'href="([^"]*)"', markdown(source))
    assert found is not None
    assert unescape(found[1]) == address
    assert 'rel="nofollow noopener noreferrer"' in markdown(source)


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](\x01javascript:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "![x](https://spy.example/pixel.gif)",
        "![x](//spy.example/pixel.gif)",
        '![x"onerror="alert(1)](/a.png)',
        '[x](/a "t\\"onmouseover=\\"alert(1)")',
        "<https://a.example/\"onclick='x'>",
        'https://a.example/"onclick="x',
        "<a href='javascript:x'>",
        "```<script>\n<script>\n```",
        '```"><img src=x onerror=y>\nx\n```',
        "[a]: javascript:alert(1)\n\n[a]",
        "<style>*{display:none}</style>",
        "<!--><script>alert(1)</script>-->",
        "|a|\n|-|\n|<script>|",
        "&lt;script&gt;",
        "<svg/onload=alert(1)>",
    ],
)
def test_hostile_texts_are_only_texts(source: str) -> None:
    drawn = markdown(source, KNOWN.get)
    for tag in TAG.findall(drawn):
        assert not DANGER.search(tag), tag
        assert "spy.example" not in tag or tag.startswith("<a ")
    assert not re.search(r'<img src="(?!/[^/])', drawn)


@pytest.mark.parametrize("control", ["\u202e", "\u202d", "\u2066", "\u2069"])
def test_letters_that_turn_the_text_around_are_shown(control: str) -> None:
    shown = f"⟦U+{ord(control):04X}⟧"
    assert shown in markdown(f"pay {control}100 to ada")
    assert shown in TAG.sub("", markdown(f"```python\nif x: {control} # ok\n```"))
    assert shown in TAG.sub("", code_block(f"if x: {control}", "python"))
    assert control not in markdown(f"[x](/a{control}b) `{control}` #{control}")


def test_hebrew_and_korean_are_left_alone() -> None:
    assert "שלום" in markdown("שלום")
    assert "안녕하세요" in markdown("안녕하세요")


PAINFUL = {
    "brackets": "[" * 50_000,
    "pictures": "![" * 25_000,
    "stars": "*a " * 15_000,
    "quotes": ">" * 50_000,
    "ticks": "`" * 50_000,
    "wide table": "|a" * 25_000 + "\n" + "|-" * 25_000,
    "long table": "|a|\n|-|\n" + "|b|\n" * 12_000,
    "items": "- " * 20_000,
    "headings": "a\n=" * 15_000,
    "fences": "```\n" * 12_000,
    "entities": "&#" * 25_000,
    "mentions": "@a" * 25_000,
    "addresses": "http://a" * 6000,
    "nothing": "\0" * 5000,
    "one word": "a" * 200_000,
    "paths": "x/" * 25_000 + "#1",
    "perl": "```perl\n" + "s{" * 9000,
    "tildes": "~~a" * 16_000,
}


@pytest.mark.parametrize("source", PAINFUL.values(), ids=PAINFUL)
def test_texts_made_to_hurt_are_answered_all_the_same(source: str) -> None:
    drawn = markdown(source, KNOWN.get)
    assert not any(DANGER.search(tag) for tag in TAG.findall(drawn))


@settings(deadline=None)
@given(st.text(alphabet="a#@1/[]()!<>*_`~|\\\"'&;:-+ \n\t\u202e가", max_size=200))
def test_no_text_breaks_out(source: str) -> None:
    drawn = markdown(source, KNOWN.get)
    assert drawn.count("<p>") == drawn.count("</p>")
    assert not any(DANGER.search(tag) for tag in TAG.findall(drawn))


def test_code_is_coloured_by_classes_alone() -> None:
    drawn = markdown("```python\ndef f(): return '<b>'\n```")
    assert '<span class="k">def</span>' in drawn
    assert "style=" not in drawn
    assert "&lt;b&gt;" in drawn
    assert "<span" not in markdown("```nonsense\ndef f(): pass\n```")
