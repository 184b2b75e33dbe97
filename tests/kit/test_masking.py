"""Masking: whatever the secrets, the encoding and the cuts, the output is clean and the same."""

import base64
import html
import json
import re
import shlex
import subprocess
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dure.kit import Mask, mask
from dure.kit.forms import HIDDEN_BYTES_MIN, forms_of, needles

PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n  AQEFAASCBKcwggSjAgEAAoI\n-----END KEY-----\n"

# No stars: what the stars themselves seem to spell was never in the stream. A small alphabet makes secrets overlap.
BYTES = st.binary(min_size=HIDDEN_BYTES_MIN, max_size=12).filter(lambda value: b"*" not in value)
DENSE = st.text("ab\n", min_size=HIDDEN_BYTES_MIN, max_size=24).map(str.encode)
SECRETS = st.lists(BYTES | DENSE, max_size=4)


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(at % (len(data) + 1) for at in cuts)})
    return [data[start:end] for start, end in pairwise(edges)]


def by_the_book(data: bytes, words: list[bytes]) -> bytes:
    """What masking means, said in the simplest way: mark every byte of every match, then star each marked stretch."""
    marked = bytearray(len(data))
    for word in words:
        for match in re.finditer(b"(?=" + re.escape(word) + b")", data):
            marked[match.start() : match.start() + len(word)] = b"\1" * len(word)
    return b"".join(
        b"***" if stretch[0][0] else bytes(byte for _, byte in stretch)
        for stretch in stretches(list(zip(marked, data, strict=True)))
    )


def stretches(pairs: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    found: list[list[tuple[int, int]]] = []
    for pair in pairs:
        if found and found[-1][0][0] == pair[0]:
            found[-1].append(pair)
        else:
            found.append([pair])
    return found


@given(
    secrets=SECRETS, noise=st.lists(st.binary(max_size=6) | st.text("ab\n", max_size=9).map(str.encode)), data=st.data()
)
@settings(max_examples=300, deadline=None)
def test_the_output_is_clean_and_does_not_depend_on_the_cuts(
    secrets: list[bytes], noise: list[bytes], data: st.DataObject
) -> None:
    parts = data.draw(st.permutations(noise + secrets * 2))
    stream = b"".join(parts).replace(b"*", b"")
    pieces = cut(stream, data.draw(st.lists(st.integers(0, 200), max_size=20)))

    whole = b"".join(mask([stream], secrets))
    assert b"".join(mask(pieces, secrets)) == whole
    assert b"".join(mask((stream[at : at + 1] for at in range(len(stream))), secrets)) == whole
    assert whole == by_the_book(stream, needles(secrets))
    assert not any(form in whole for form in needles(secrets))


ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 after one byte": lambda text: base64.b64encode(b"u" + text.encode()).decode(),
    "base64 between": lambda text: base64.b64encode(b"me" + text.encode() + b"?").decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "url": lambda text: quote(text, safe=""),
    "url path": quote,
    "url in small letters": lambda text: re.sub("%..", lambda match: match[0].lower(), quote(text, safe="")),
    "form": quote_plus,
    "query": lambda text: urlencode({"token": text}),
    "json": json.dumps,
    "json in utf-8": lambda text: json.dumps({"token": text}, ensure_ascii=False),
    "json in json": lambda text: json.dumps(json.dumps(text)),
    "html": html.escape,
    "python": repr,
    "python bytes": lambda text: repr(text.encode()),
    "shell": shlex.quote,
    "shell trace": lambda text: "'" + text.replace("'", "'\\''") + "'",
    "terminal": lambda text: text.replace("\n", "\r\n"),
    "indented": lambda text: text.replace("\n", "\n    "),
}
SHOWN = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_characters="*"), min_size=5, max_size=80)


@given(
    secret=st.one_of(SHOWN, st.just(PEM), SHOWN.map(lambda text: f"{text}\n{text[::-1]}")),
    encoding=st.sampled_from(sorted(ENCODINGS)),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
@example(secret='it\'s "quoted" & <b>/한국/', encoding="json in json", cuts=[])
@example(secret="pass word+/?=", encoding="base64 between", cuts=[7])
@settings(max_examples=500, deadline=None)
def test_no_usual_encoding_lets_a_secret_through(secret: str, encoding: str, cuts: list[int]) -> None:
    assume(secret == secret.strip() or secret == PEM)
    assume(
        len(secret.encode()) > HIDDEN_BYTES_MIN
        and all(len(line.encode()) > HIDDEN_BYTES_MIN for line in secret.splitlines())
    )
    written = ENCODINGS[encoding](secret).encode()
    out = b"".join(mask(cut(b"> " + written + b" <", cuts), [secret]))

    assert b"***" in out
    assert written not in out
    # What may be left is punctuation of the encoding, and what base64 made of the neighbours and the last line's end.
    left = re.sub(rb"\*\*\*", b"", out.removeprefix(b"> ").removesuffix(b" <"))
    leftovers = re.sub(rb"token|[^\w]|\\[rnt]|%0[aAdD]|^b(?=['\"])", b"", left)
    assert len(leftovers) <= 8, out


@pytest.mark.parametrize(
    "form", ['printf %q "$S"', 'printf %s "$S" | base64', 'set -x; true "$S"', "declare -p S", "set | grep -A9 ^S="]
)
def test_a_real_shell_does_not_get_it_past_us(form: str) -> None:
    secret = 'it\'s a "horse" & $taple\\battery!' * 4
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1; {form}"],
        env={"S": secret, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    out = b"".join(mask([done.stdout], [secret]))

    assert b"***" in out
    assert b"horse" not in out
    assert b"aG9yc2" not in out


@pytest.mark.parametrize(
    ("secrets", "stream", "shown"),
    [
        (["hunter22"], b"password hunter22!", b"password ***!"),
        (["hunter22"], b"hunter22hunter22", b"***"),
        (["abcdef", "defghi"], b"-abcdefghi-", b"-***-"),
        (["abcd", "abcdefgh"], b"abcd abcdefg abcdefgh", b"*** ***efg ***"),
        (["secret"], b"", b""),
        ([], b"nothing to hide", b"nothing to hide"),
        (["abc", "", "  \n ", "x\ny"], b"abc x y", b"abc x y"),
        (["비밀번호"], "내 비밀번호!".encode(), "내 ***!".encode()),
        ([b"\xff\xfe\x00\x01"], b"a\xff\xfe\x00\x01b", b"a***b"),
        ([PEM], b"line AQEFAASCBKcwggSjAgEAAoI alone", b"line *** alone"),
    ],
)
def test_examples(secrets: list[str | bytes], stream: bytes, shown: bytes) -> None:
    assert b"".join(mask([stream], secrets)) == shown
    assert b"".join(mask([bytes([byte]) for byte in stream], secrets)) == shown


@given(pieces=st.lists(st.text("hunter2 ", max_size=5).map(str.encode)))
@settings(deadline=None)
def test_no_more_is_held_back_than_could_become_a_secret(pieces: list[bytes]) -> None:
    masking, sent, out = Mask(["hunter2 hunt", "two222"]), b"", b""
    words = needles([b"hunter2 hunt", b"two222"])
    for piece in pieces:
        sent += piece
        out += masking.feed(piece)
        undecided = max(
            (
                n
                for n in range(40)
                if n <= len(sent) and any(len(word) > n and word.startswith(sent[len(sent) - n :]) for word in words)
            ),
            default=0,
        )
        assert len(masking._held) == undecided


def test_a_secret_learned_on_the_way_is_hidden_from_then_on() -> None:
    masking = Mask(["hunter22"])
    out = masking.feed(b"hunter22 correct horse ")
    masking.learn(["correct horse"])
    out += masking.feed(b"hunter22 correct horse ") + masking.finish()

    assert out == b"*** correct horse *** *** "


@pytest.mark.parametrize("count", [1, 9, 40, 200])
def test_each_of_many_secrets_is_hidden_and_nothing_beside_it(count: int) -> None:
    secrets = [f"secret-{number:05}-of-{count}".encode() for number in range(count)]
    letters = bytes(range(256)).replace(b"*", b"")
    noise = [letters, b"\xf5" * 20, b"\xf8" * 9, b"secret-of", b"c2VjcmV0"]
    for number, secret in enumerate(secrets):
        before, after = noise[number % len(noise)], noise[number % 3]
        stream = before + secret + after
        assert b"".join(mask([stream], secrets)) == before + b"***" + after
        assert b"".join(mask(cut(stream, [len(before) + 4]), secrets)) == before + b"***" + after
    assert b"".join(mask(noise, secrets)) == b"".join(noise)


def test_a_mask_does_not_show_what_it_hides() -> None:
    assert repr(Mask(["hunter22"])) == "Mask(1 values)"


def test_no_form_is_shorter_than_the_rule_says() -> None:
    assert all(len(form) >= HIDDEN_BYTES_MIN for form in forms_of(b"abcd\nef\n" + bytes(range(256))))
