"""The shell's own addresses: scripts and styles, the mark, what a browser prefers, and everything that is not there."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from dure.kit import Missing
from dure.shell.assets import Asset
from dure.shell.form import read_form
from dure.shell.frame import frame_of, go
from dure.shell.viewer import LANGUAGE_COOKIE, THEME_COOKIE, Asked, viewer_of

YEAR_SECONDS = 31_536_000
FOR_EVER = f"public, max-age={YEAR_SECONDS}, immutable"
FOR_A_DAY = "public, max-age=86400"

MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5f46"/>'
    '<path d="M16 16C12.6 11.2 10.6 9.6 8.6 9.6a6.4 6.4 0 0 0 0 12.8c2 0 4-1.6 7.4-6.4s5.4-6.4 7.4-6.4a6.4 6.4 0 0 1'
    ' 0 12.8c-2 0-4-1.6-7.4-6.4Z" fill="none" stroke="#f4f1e6" stroke-width="2.6"/>'
    '<circle cx="8.6" cy="9.6" r="2.6" fill="#f2c14e"/></svg>'
)


@get("/assets/{name:str}", include_in_schema=False, sync_to_thread=False)
def asset(request: Asked, name: FromPath[str]) -> Response[bytes]:
    """A file of the bundle. Its name changes with its content, so it may be kept for ever."""
    found = frame_of(request).assets.files.get(name)
    if found is None:
        raise Missing
    headers = {"Cache-Control": FOR_EVER, "ETag": f'"{name}"', "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == f'"{name}"':
        return Response(b"", status_code=304, headers=headers, media_type=found.kind)
    return sent(request, found, headers)


def sent(request: Asked, found: Asset, headers: dict[str, str]) -> Response[bytes]:
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=found.kind)
    return Response(found.plain, headers=headers, media_type=found.kind)


@get(["/favicon.svg", "/favicon.ico"], include_in_schema=False, sync_to_thread=False)
def favicon() -> Response[bytes]:
    return Response(MARK.encode(), media_type="image/svg+xml", headers={"Cache-Control": FOR_A_DAY})


@get("/manifest.webmanifest", include_in_schema=False, sync_to_thread=False)
def web_manifest() -> Response[bytes]:
    told = {
        "name": "Dure",
        "short_name": "Dure",
        "start_url": "/",
        "display": "standalone",
        "background_color": "#fbfaf6",
        "theme_color": "#1f5f46",
        "icons": [{"src": "/favicon.svg", "sizes": "any", "type": "image/svg+xml"}],
    }
    headers = {"Cache-Control": FOR_A_DAY}
    return Response(msgspec.json.encode(told), media_type="application/manifest+json", headers=headers)


class Preferences(msgspec.Struct):
    """How somebody likes their pages. What is not said stays as it was."""

    language: Annotated[str, msgspec.Meta(pattern="^(en|ko)$")] | None = None
    theme: Annotated[str, msgspec.Meta(pattern="^(light|dark|system)$")] | None = None
    next: str = "/"


@post("/preferences", include_in_schema=False)
async def prefer(request: Asked) -> Response[str]:
    """Remembered in this browser, and for a signed-in person in their account too."""
    wishes = await read_form(request, Preferences)
    remember = frame_of(request).remember
    if remember is not None and viewer_of(request).signed_in:
        await remember(request, wishes.language, wishes.theme)
    answer = go(request, wishes.next)
    for name, value in ((LANGUAGE_COOKIE, wishes.language), (THEME_COOKIE, wishes.theme)):
        if value:
            answer.set_cookie(preference(request, name, value))
    return answer


def preference(request: Asked, name: str, value: str) -> Cookie:
    secure = request.url.scheme == "https"
    return Cookie(name, value=value, max_age=YEAR_SECONDS, path="/", samesite="lax", httponly=True, secure=secure)


@get(["/{first:str}", "/{first:str}/{second:str}/{rest:path}"], include_in_schema=False, sync_to_thread=False)
def nothing_here() -> Response[str]:
    """So that an address nobody knows is answered with the reader's own frame round the sentence.

    Not simply every path: the router never turns back, and "/{owner}/{name}" of the rooms must stay in reach.
    """
    raise Missing


handlers = [asset, favicon, web_manifest, prefer, nothing_here]
