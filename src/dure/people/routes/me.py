"""One's own pages: profile, password, sessions, tokens."""

from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, get, post

from dure.kit import Invalid, Text, Unauthenticated, say
from dure.ledger import Work
from dure.people.caller import TOKEN_SCOPES, Caller
from dure.people.keys import (
    AT_LEAST_CHARACTERS,
    DAYS,
    DAYS_MAX,
    NewToken,
    Token,
    change_password,
    end_session,
    end_sessions,
    make_token,
    refuse_password,
    revoke_token,
    sessions_of,
    sign_out_everywhere,
    tokens_of,
)
from dure.people.person import account, change_profile, prefer
from dure.people.routes.asked import (
    Asked,
    By,
    Number,
    at_browser,
    change,
    house_of,
    no_session_cookie,
    person_id_of,
    settings_of,
)
from dure.people.routes.sign_in import HASHER, right_guess
from dure.shell import LANGUAGE_COOKIE, THEME_COOKIE, go, page, read_form


class Profile(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    language: Annotated[str, msgspec.Meta(pattern="^(en|ko|any)$")] = "any"
    theme: Annotated[str, msgspec.Meta(pattern="^(light|dark|system)$")] = "system"


class NewPassword(msgspec.Struct):
    current: Annotated[str, msgspec.Meta(max_length=1000)]
    password: Annotated[str, msgspec.Meta(max_length=1000)]


class TokenWords(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(max_length=300)] = ""
    scope: Annotated[str, msgspec.Meta(max_length=20)] = "write"
    days: Annotated[int, msgspec.Meta(ge=1, le=DAYS_MAX)] = DAYS


@get("/me", include_in_schema=False)
async def profile_page(request: By) -> Response[str]:
    caller = at_browser(request)
    person = await house_of(request).read(caller, partial(account, person_id=person_id_of(caller)))
    return page(request, "people/profile.html", title=person.name, here="me", person=person)


@post("/me", include_in_schema=False)
async def save_profile(request: By) -> Response[str]:
    caller, words = at_browser(request), await read_form(request, Profile)
    person_id = person_id_of(caller)

    def save(work: Work) -> None:
        change_profile(work, person_id, name=words.name, email=words.email)
        prefer(work, person_id, words.language, words.theme)

    await change(request, caller, save)
    answer = go(request, "/me", say("Saved."))
    # What was once chosen in this browser must not speak louder than what has just been chosen here.
    answer.delete_cookie(LANGUAGE_COOKIE)
    answer.delete_cookie(THEME_COOKIE)
    return answer


@get("/me/password", include_in_schema=False)
async def password_page(request: By) -> Response[str]:
    at_browser(request)
    return page(request, "people/password.html", title=say("Password"), here="password", least=AT_LEAST_CHARACTERS)


@post("/me/password", include_in_schema=False)
async def save_password(request: By) -> Response[str]:
    caller, words = at_browser(request), await read_form(request, NewPassword)
    refuse_password(words.password, caller.name)
    try:
        guess = await right_guess(request, caller.name, words.current)
    except Unauthenticated as wrong:
        raise Invalid({"current": say("This is not your present password.")}) from wrong
    hashed = await HASHER.hash(words.password)
    save = partial(change_password, guess=guess, hashed=hashed, keep_session=caller.session_id)
    await change(request, caller, save)
    return go(request, "/me/sessions", say("The password is changed. All other sign-ins have ended."))


@get("/me/sessions", include_in_schema=False)
async def sessions_page(request: By) -> Response[str]:
    caller = at_browser(request)
    sessions = await house_of(request).read(caller, partial(sessions_of, person_id=person_id_of(caller)))
    return page(
        request,
        "people/sessions.html",
        title=say("Sign-ins"),
        here="sessions",
        sessions=sessions,
        this=caller.session_id,
        days=settings_of(request).session_days,
    )


@post("/me/sessions/{session_id:int}/end", include_in_schema=False)
async def end_one(request: By, session_id: Number) -> Response[str]:
    caller = at_browser(request)
    await change(request, caller, partial(end_session, person_id=person_id_of(caller), session_id=session_id))
    return gone(request) if session_id == caller.session_id else go(request, "/me/sessions", say("Signed out there."))


@post("/me/sessions/end-others", include_in_schema=False)
async def end_others(request: By) -> Response[str]:
    caller = at_browser(request)
    await change(request, caller, partial(end_sessions, person_id=person_id_of(caller), keep=caller.session_id))
    return go(request, "/me/sessions", say("Signed out everywhere else."))


@post("/me/sessions/end-all", include_in_schema=False)
async def end_all(request: By) -> Response[str]:
    caller = at_browser(request)
    await change(request, caller, partial(sign_out_everywhere, person_id=person_id_of(caller)))
    return gone(request)


def gone(request: Asked) -> Response[str]:
    answer = go(request, "/sign-in", say("Signed out."))
    answer.set_cookie(no_session_cookie(settings_of(request)))
    return answer


@get("/me/tokens", include_in_schema=False)
async def tokens_page(request: By) -> Response[str]:
    caller = at_browser(request)
    return await tokens_with(request, caller, TokenWords(), {}, None)


async def tokens_with(
    request: By, caller: Caller, words: TokenWords, problems: dict[str, Text], made: NewToken | None
) -> Response[str]:
    find = partial(tokens_of, person_id=person_id_of(caller))
    tokens: list[Token] = list(await house_of(request).read(caller, find))
    return page(
        request,
        "people/tokens.html",
        status=422 if problems else 200,
        title=say("Tokens"),
        here="tokens",
        tokens=tokens,
        words=words,
        problems=problems,
        made=made,
        scopes=TOKEN_SCOPES,
        days_max=DAYS_MAX,
    )


@post("/me/tokens", include_in_schema=False)
async def make_one(request: By) -> Response[str]:
    """Answers with the page itself instead of leading to it: the secret is shown this once and kept nowhere."""
    caller, words = at_browser(request), await read_form(request, TokenWords)
    make = partial(make_token, name=words.name, scopes=[words.scope], days=words.days)
    try:
        made = await house_of(request).write(caller, make)
    except Invalid as problem:
        return await tokens_with(request, caller, words, problem.fields, None)
    return await tokens_with(request, caller, TokenWords(), {}, made)


@post("/me/tokens/{token_id:int}/revoke", include_in_schema=False)
async def revoke_one(request: By, token_id: Number) -> Response[str]:
    caller = at_browser(request)
    await change(request, caller, partial(revoke_token, token_id=token_id, person_id=person_id_of(caller)))
    return go(request, "/me/tokens", say("The token is revoked."))


async def remember(request: Asked, language: str | None, theme: str | None) -> None:
    """The shell's hook: the footer's choice of language and look, kept with the account."""
    caller = request.user
    if isinstance(caller, Caller) and caller.person_id is not None:
        await change(request, caller, partial(prefer, person_id=caller.person_id, language=language, theme=theme))


handlers = [
    profile_page,
    save_profile,
    password_page,
    save_password,
    sessions_page,
    end_one,
    end_others,
    end_all,
    tokens_page,
    make_one,
    revoke_one,
]
