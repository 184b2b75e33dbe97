"""The frame every page stands in: its templates, its language, its places, and what was just done."""

import base64
import binascii
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import msgspec
from jinja2 import BytecodeCache, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from litestar import Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from markupsafe import Markup

from dure.kit import LANGUAGES, Text, catalogue
from dure.ledger import Work
from dure.shell.assets import Assets
from dure.shell.loop import LYING, STANDING, Stage, figure, whole_loop
from dure.shell.pieces import Pieces
from dure.shell.place import Panels, Place
from dure.shell.viewer import Asked, Viewer, language_of, theme_of, viewer_of
from dure.shell.writing import ago, code_block, date, iso

FLASH_COOKIE = "dure_flash"
FLASH_SECONDS = 60
FLASH_LIMIT_CHARACTERS = 500
Remember = Callable[[Asked, str | None, str | None], Awaitable[None]]
"""Keeps the language and the theme a signed-in person chose. None: that one was not chosen now."""


class Flash(msgspec.Struct):
    """A sentence that waits in the browser for the next page."""

    text: str
    kind: str = "good"


class CompiledPages(BytecodeCache):
    """Templates as Python code, kept from one start to the next: to compile them takes a tenth of a start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        # Whatever is wrong with the file, the template is there to be compiled again.
        with suppress(Exception):
            bucket.bytecode_from_string((self.folder / bucket.key).read_bytes())

    def dump_bytecode(self, bucket: Bucket) -> None:
        # A full disk must not cost anybody a page.
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self.folder, delete=False) as fresh:
                fresh.write(bucket.bytecode_to_string())
            os.replace(fresh.name, self.folder / bucket.key)


class Frame:
    """Made once, by whoever puts the house together, and handed to the application as `state.frame`."""

    def __init__(
        self,
        *,
        pages: Mapping[str, Path],
        assets: Assets,
        places: Sequence[Place] = (),
        panels: Panels | None = None,
        stages: Sequence[Callable[[Work, Any], Sequence[Stage]]] = (),
        remember: Remember | None = None,
        compiled: Path | None = None,
    ) -> None:
        self.places = places
        self.stages = stages
        """What each room says of a project's stages on the loop."""
        self.panels = panels or Panels()
        self.assets = assets
        self.remember = remember
        folders = {"shell": Path(__file__).parent / "pages", **pages}
        self.environments = {language: environment(language, folders, assets, self.panels) for language in LANGUAGES}
        for made in self.environments.values():
            made.bytecode_cache = CompiledPages(compiled) if compiled else None

    def within(self, where: str, viewer: Viewer) -> list[Place]:
        return [place for place in self.places if place.within == where and place.may_be_seen_by(viewer)]


def environment(language: str, folders: Mapping[str, Path], assets: Assets, panels: Panels) -> Environment:
    """One for each language: a template is compiled once, and every text it prints is in that language."""
    made = Environment(
        loader=PrefixLoader({room: FileSystemLoader(folder) for room, folder in folders.items()}),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=lambda value: value.into(language) if isinstance(value, Text) else value,
    )
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]

    @pass_context
    def draw_panels(context: Context, page: str, **known: object) -> Markup:
        return panels.draw(page, context["request"], **known)

    made.globals.update(
        asset=assets.url,
        panels=draw_panels,
        language=language,
        pieces=Pieces(language),
        whole_loop=whole_loop,
        figure_lying=figure(LYING),
        figure_standing=figure(STANDING),
    )
    made.filters.update(
        ago=lambda moment: ago(moment).into(language),
        date=lambda moment: date(moment, language),
        iso=iso,
        say=lambda text: text.into(language) if isinstance(text, Text) else str(text),
        code=code_block,
    )
    return made


def frame_of(request: Asked) -> Frame:
    frame = request.app.state["frame"]
    assert isinstance(frame, Frame)
    return frame


def address_of(request: Asked) -> str:
    """Where the reader is, questions included, to come back to."""
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def page(
    request: Asked,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> Response[str]:
    """The page, in the reader's language. A template that does not extend the layout makes a fragment of one."""
    frame = frame_of(request)
    viewer = viewer_of(request)
    flash = None if asked_by_htmx(request) else waiting_flash(request)
    ours = {
        "request": request,
        "viewer": viewer,
        "theme": theme_of(request),
        "path": address_of(request),
        "flash": flash,
        "places": frame.within("house", viewer),
        "project_places": frame.within("project", viewer),
        "more_places": frame.within("more", viewer),
        "admin_places": frame.within("admin", viewer),
        "my_places": frame.within("me", viewer),
    }
    # A page that named something of its own like this would show ours instead, and nobody would know why.
    assert not ours.keys() & context.keys(), f"{template} names {ours.keys() & context.keys()} as the frame does"
    known = {"title": "Dure", "here": "", "section": "", "project": None, **context, **ours}
    drawn = frame.environments[language_of(request)].get_template(template).render(known)
    spent = [Cookie(FLASH_COOKIE, value="", max_age=0, path="/", httponly=True, samesite="lax")] if flash else []
    return Response(
        drawn,
        status_code=status,
        media_type=MediaType.HTML,
        headers={"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie", **(headers or {})},
        cookies=spent,
    )


def go(request: Asked, url: str, toast: Text | None = None, *, kind: str = "good") -> Response[str]:
    """To another page of ours, which then says what was done."""
    target = ours(url)
    cookies = [flash_cookie(request, toast, kind)] if toast else []
    # htmx would follow a redirect by itself and put the whole page where a fragment belongs.
    status, headers = (200, {"HX-Redirect": target}) if asked_by_htmx(request) else (303, {"Location": target})
    return Response("", status_code=status, headers=headers, cookies=cookies, media_type=MediaType.HTML)


def ours(url: str) -> str:
    """The path, if it is one of ours. Whoever sends people on must not send them to a stranger."""
    strange = not url.startswith("/") or url[1:2] in ("/", "\\") or any(ord(letter) <= 32 for letter in url)
    return "/" if strange else url


def asked_by_htmx(request: Asked) -> bool:
    return request.headers.get("hx-request") == "true"


def flash_cookie(request: Asked, toast: Text, kind: str) -> Cookie:
    words = toast.into(language_of(request))[:FLASH_LIMIT_CHARACTERS]
    value = base64.urlsafe_b64encode(msgspec.json.encode(Flash(words, kind))).decode().rstrip("=")
    secure = request.url.scheme == "https"
    return Cookie(
        FLASH_COOKIE, value=value, max_age=FLASH_SECONDS, path="/", httponly=True, samesite="lax", secure=secure
    )


def waiting_flash(request: Asked) -> Flash | None:
    value = request.cookies.get(FLASH_COOKIE)
    if not value:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)), type=Flash)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return None
