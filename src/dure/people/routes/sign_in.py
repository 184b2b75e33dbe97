"""Coming in and going out: by password, by a one-time link, and away again."""

from dataclasses import replace
from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from dure.kit import Invalid, Text, Unauthenticated
from dure.ledger import HOUSE
from dure.people.caller import Caller
from dure.people.keys import (
    DURE_DEVICE,
    WRONG,
    Guess,
    Hasher,
    SignIn,
    before_guess,
    end_session,
    person_of_link,
    refuse_password,
    renew_hash,
    sign_in,
    sign_in_by_link,
)
from dure.people.person import Person, anybody
from dure.people.routes.asked import (
    Asked,
    Open,
    address_of,
    change,
    device_cookie,
    device_of,
    house_of,
    no_session_cookie,
    session_cookie,
    settings_of,
)
from dure.shell import asked_by_htmx, go, page, read_form

HASHER = Hasher()
"""One for the process, because what it limits is the work of this machine."""


class Words(msgspec.Struct):
    handle: Annotated[str, msgspec.Meta(max_length=100)]
    password: Annotated[str, msgspec.Meta(max_length=1000)]
    next: Annotated[str, msgspec.Meta(max_length=2000)] = "/"


class Welcome(msgspec.Struct):
    password: Annotated[str, msgspec.Meta(max_length=1000)]
    handle: Annotated[str, msgspec.Meta(max_length=100)] = ""
    name: Annotated[str, msgspec.Meta(max_length=300)] = ""


@get("/sign-in", include_in_schema=False, open=True)
async def sign_in_page(request: Open) -> Response[str]:
    target = request.query_params.get("next", "/")
    if isinstance(request.user, Caller):
        return go(request, target)
    inhabited = await house_of(request).read(HOUSE, anybody)
    return sign_in_form(request, next=target, inhabited=inhabited)


def sign_in_form(
    request: Open,
    *,
    next: str,  # noqa: A002 (it is what the field is called)
    inhabited: bool = True,
    handle: str = "",
    problem: Text | None = None,
) -> Response[str]:
    return page(
        request,
        "people/sign_in.html",
        status=422 if problem else 200,
        title="Dure",
        next=next,
        handle=handle,
        inhabited=inhabited,
        problem=problem,
    )


@post("/sign-in", include_in_schema=False, open=True)
async def come_in_by_password(request: Open) -> Response[str]:
    words = await read_form(request, Words)
    address = address_of(request)
    try:
        guess = await right_guess(request, words.handle, words.password)
    except Unauthenticated as wrong:
        if asked_by_htmx(request):
            raise Invalid({"password": wrong.text}) from wrong
        return sign_in_form(request, next=words.next, handle=words.handle, problem=wrong.text)
    had = request.user.session_id if isinstance(request.user, Caller) else None
    begin = partial(sign_in, guess=guess, device=device_of(request), address=address, instead_of=had)
    return entered(request, await house_of(request).write(HOUSE, begin), words.next)


async def right_guess(request: Asked, handle: str, password: str) -> Guess:
    """Pay for a guess, look at the password outside of any transaction, and hand the guess on if it was right."""
    pay = partial(
        before_guess, handle=handle, address=address_of(request), device_secret=request.cookies.get(DURE_DEVICE)
    )
    guess = await house_of(request).write(HOUSE, pay)
    if not await HASHER.check(guess.kept, password):
        raise Unauthenticated(WRONG)
    if guess.person_id is not None and guess.kept is not None and HASHER.is_old(guess.kept):
        new = await HASHER.hash(password)
        await house_of(request).write(HOUSE, partial(renew_hash, person_id=guess.person_id, old=guess.kept, new=new))
        guess = replace(guess, kept=new)
    return guess


def entered(request: Open, done: SignIn, target: str, toast: Text | None = None) -> Response[str]:
    settings = settings_of(request)
    answer = go(request, target, toast)
    answer.set_cookie(session_cookie(settings, done.opened.secret))
    answer.set_cookie(device_cookie(settings, done.device_secret))
    return answer


@post("/sign-out", include_in_schema=False, open=True)
async def sign_out(request: Open) -> Response[str]:
    caller = request.user
    if isinstance(caller, Caller) and caller.person_id is not None and caller.session_id is not None:
        end = partial(end_session, person_id=caller.person_id, session_id=caller.session_id)
        await change(request, caller, end)
    answer = go(request, "/sign-in")
    answer.set_cookie(no_session_cookie(settings_of(request)))
    return answer


@get("/welcome/{link:str}", include_in_schema=False, open=True)
async def welcome_page(request: Open, link: FromPath[str]) -> Response[str]:
    """Looking at a link does not use it up: chat programs and mail filters look too."""
    person = await house_of(request).read(HOUSE, partial(person_of_link, secret=link))
    return welcome_form(request, link, person, Welcome(password=""), {})


def welcome_form(
    request: Open, link: str, person: Person | None, words: Welcome, problems: dict[str, Text]
) -> Response[str]:
    return page(
        request,
        "people/welcome.html",
        status=422 if problems else 200,
        title="Dure",
        link=link,
        person=person,
        words=words,
        problems=problems,
    )


@post("/welcome/{link:str}", include_in_schema=False, open=True)
async def come_in_by_link(request: Open, link: FromPath[str]) -> Response[str]:
    words = await read_form(request, Welcome)
    person = await house_of(request).read(HOUSE, partial(person_of_link, secret=link))
    handle = person.handle if person else words.handle.strip().lower()
    try:
        refuse_password(words.password, handle)
        hashed = await HASHER.hash(words.password)
        enter = partial(
            sign_in_by_link,
            secret=link,
            handle=words.handle,
            name=words.name,
            hashed=hashed,
            device=device_of(request),
            address=address_of(request),
        )
        done = await change(request, HOUSE, enter)
    except Invalid as problem:
        if asked_by_htmx(request):
            raise
        return welcome_form(request, link, person, words, problem.fields)
    return entered(request, done, "/")


handlers = [sign_in_page, come_in_by_password, sign_out, welcome_page, come_in_by_link]
