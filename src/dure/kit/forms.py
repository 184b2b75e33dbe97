"""The forms in which a secret turns up in a log: as it is, line by line, and as the usual tools rewrite it.

This guards against accidents, not against somebody who means to print a secret: whoever may run code beside a secret
can always write it backwards.
"""

import base64
import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

HIDDEN_BYTES_MIN = 4
"""Bytes. What is shorter turns up everywhere by chance; hiding it would only make a log unreadable."""

BASE64_COLUMNS = (64, 76)  # Where openssl and PEM files, and where the command `base64`, break their lines.
URL_SAFE_SETS = ("", "/", "!'()*", "!'()*;/?:@&=+$,#")  # Python; paths; what JavaScript leaves alone, twice.
TO_URL_ALPHABET = bytes.maketrans(b"+/", b"-_")
# Go and some template engines write these as \u003c: no harm in a page then.
JSON_FOR_PAGES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def forms_of(value: bytes) -> set[bytes]:
    """Every form of one secret that is long enough to be told from chance."""
    found: set[bytes] = set()
    for piece in _pieces(value):
        found.add(piece)
        found.add(piece.replace(b"\n", b"\r\n"))  # A terminal ends its lines so.
        found.update(_base64(piece))
        found.add(repr(piece)[2:-1].encode())
        try:
            text = piece.decode()
        except UnicodeDecodeError:
            continue
        for form in (*_url(text), *_json(text), *_page(text), *_shell(text), repr(text)[1:-1]):
            found.add(form.encode())
    return {form for form in found if len(form) >= HIDDEN_BYTES_MIN}


def _pieces(value: bytes) -> Iterator[bytes]:
    """The value, and each of its lines, because logs prefix and indent lines. White space around them is no secret."""
    yield value.strip()
    for line in value.splitlines():
        yield line.strip()


def _base64(piece: bytes) -> Iterator[bytes]:
    """Base64 works on groups of three bytes, so it depends on how many bytes came before: three alignments.

    Characters that hold bits of neighbours are left out, and so is the padding.
    """
    for before in range(3):
        written = base64.b64encode(bytes(before) + piece)
        start, end = -(-before * 8 // 6), (before + len(piece)) * 8 // 6
        core = written[start:end]
        lines = [core]
        if before == 0:
            lines += [core[at : at + width] for width in BASE64_COLUMNS for at in range(0, len(core), width)]
        for line in lines:
            yield line
            yield line.translate(TO_URL_ALPHABET)


def _url(text: str) -> Iterator[str]:
    for written in (quote_plus(text), *(quote(text, safe=safe) for safe in URL_SAFE_SETS)):
        yield written
        yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), written)


def _json(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        once = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield from (once, once.replace("/", "\\/"), once.translate(JSON_FOR_PAGES))
        # A log line in JSON often carries an answer in JSON.
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]


def _page(text: str) -> Iterator[str]:
    escaped = html.escape(text)
    yield escaped
    yield html.escape(text, quote=False)
    yield escaped.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield escaped.replace("&#x27;", "&apos;")


def _shell(text: str) -> Iterator[str]:
    yield shlex.quote(text).removeprefix("'").removesuffix("'")
    yield text.replace("'", "'\\''")
    yield re.sub(r'(["$`\\])', r"\\\1", text)
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)
    yield text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")


def needles(values: Iterable[bytes]) -> list[bytes]:
    """All forms of all values, sorted, so that the ones with a common beginning stand together."""
    return sorted(set().union(*(forms_of(value) for value in values)))
