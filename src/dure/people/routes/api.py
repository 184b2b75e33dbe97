"""People for programs, under /api/v1: who am I, who is here, and tokens."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from litestar import delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, QueryParameter

from dure.kit import Forbidden, say
from dure.ledger import HOUSE
from dure.people.keys import NewToken, Token, make_token, revoke_token, sign_in_program, tokens_of
from dure.people.person import Person, account, list_people
from dure.people.routes.asked import By, Number, Open, change, house_of, person_id_of
from dure.people.routes.sign_in import right_guess
from dure.wire import (
    MadeToken,
    Me,
    NewPersonalToken,
    PersonInfo,
    PersonList,
    ProgramSignIn,
    Refusal,
    TokenInfo,
    TokenList,
    TokenShown,
)

PAGE_OF_PEOPLE = 100
CLOSED = {
    400: "The request could not be read.",
    401: "No token, or one that is good for nothing any more.",
    403: "The token or the role is not enough.",
}


def refusals(more: Mapping[int, str] | None = None) -> dict[int, ResponseSpec]:
    """The ways an address may say no, for the description of the API."""
    told = {**CLOSED, **(more or {})}
    return {
        status: ResponseSpec(data_container=Refusal, description=words, generate_examples=False)
        for status, words in told.items()
    }


@get("/api/v1/me", responses=refusals(), tags=["people"], summary="Who am I")
async def me(request: By) -> Me:
    caller = request.user
    person = None
    if caller.person_id is not None:
        person = await house_of(request).read(caller, partial(account, person_id=caller.person_id))
    shown = None
    if caller.token_id is not None:
        shown = TokenShown(
            id=caller.token_id,
            name=caller.name if person is None else "",
            scopes=sorted(caller.token_scopes or ()),
            within=caller.token_project,
        )
    return Me(
        ref=caller.ref,
        handle=caller.name,
        name=caller.full_name,
        is_admin=caller.is_admin,
        email=person.email if person else None,
        language=caller.language,
        theme=caller.theme,
        token=shown,
    )


@get("/api/v1/me/tokens", responses=refusals(), tags=["people"], summary="My tokens")
async def my_tokens(request: By) -> TokenList:
    caller = request.user
    find = partial(tokens_of, person_id=person_id_of(caller))
    return TokenList(tokens=[listed(token) for token in await house_of(request).read(caller, find)])


@post(
    "/api/v1/me/tokens",
    responses=refusals({409: "There are too many tokens.", 422: "Words that cannot be used."}),
    tags=["people"],
    summary="Make a token",
)
async def make_my_token(request: By, data: JSONBody[NewPersonalToken]) -> MadeToken:
    """A token that acts for you. With a token, this takes the scope admin."""
    make = partial(make_token, name=data.name, scopes=data.scopes, days=data.days)
    return made(await house_of(request).write(request.user, make))


@delete(
    "/api/v1/me/tokens/current",
    responses=refusals({404: "It has been revoked already."}),
    tags=["people"],
    summary="Revoke the token of this request",
)
async def revoke_this(request: By) -> None:
    caller = request.user
    if caller.token_id is None:
        raise Forbidden(say("This request came without a token."))
    end = partial(revoke_token, token_id=caller.token_id, person_id=caller.person_id, within=caller.token_project)
    await change(request, caller, end)


@delete(
    "/api/v1/me/tokens/{token_id:int}",
    responses=refusals({404: "There is no such token of yours."}),
    tags=["people"],
    summary="Revoke a token",
)
async def revoke_mine(request: By, token_id: Number) -> None:
    caller = request.user
    if caller.token_id != token_id and not caller.may_use("admin"):
        raise Forbidden(say("This needs a token with the scope {scope}.", scope="admin"))
    await change(request, caller, partial(revoke_token, token_id=token_id, person_id=person_id_of(caller)))


@post(
    "/api/v1/tokens",
    open=True,
    security=[{}],
    responses=refusals(
        {
            409: "The account is disabled, or has too many tokens.",
            422: "Words that cannot be used.",
            429: "Too many tries; Retry-After says when to come back.",
        }
    ),
    tags=["people"],
    summary="Sign in as a program",
)
async def sign_in(request: Open, data: JSONBody[ProgramSignIn]) -> MadeToken:
    """The first token of a program, for its user's handle and password. Guessing is as slow here as at the door."""
    guess = await right_guess(request, data.handle, data.password)
    make = partial(sign_in_program, guess=guess, name=data.name, scopes=list(data.scopes), days=data.days)
    return made(await house_of(request).write(HOUSE, make))


@get("/api/v1/people", responses=refusals(), tags=["people"], summary="Who is here")
async def everybody(
    request: By,
    text: Annotated[str, QueryParameter(max_length=100, description="In the handle or the name.")] = "",
    after: Annotated[str, QueryParameter(max_length=100, description="The handle after which to go on.")] = "",
) -> PersonList:
    """Accounts by handle, a hundred at a time. A project's token sees nobody."""
    person_id_of(request.user)
    find = partial(list_people, text=text, after=after, limit=PAGE_OF_PEOPLE + 1)
    found = await house_of(request).read(request.user, find)
    here = found[:PAGE_OF_PEOPLE]
    return PersonList(
        people=[introduced(person) for person in here], next=here[-1].handle if len(found) > len(here) else None
    )


def introduced(person: Person) -> PersonInfo:
    return PersonInfo(
        ref=person.ref,
        handle=person.handle,
        name=person.name,
        is_admin=person.is_admin,
        is_disabled=person.is_disabled,
    )


def made(new: NewToken) -> MadeToken:
    token = new.token
    return MadeToken(
        token=new.secret, id=token.id, name=token.name, scopes=token.scope_words, expires_at=token.expires_at
    )


def listed(token: Token) -> TokenInfo:
    return TokenInfo(
        id=token.id,
        name=token.name,
        hint=token.hint,
        scopes=token.scope_words,
        made_at=token.made_at,
        expires_at=token.expires_at,
        used_at=token.used_at,
    )


handlers = [me, my_tokens, make_my_token, revoke_this, revoke_mine, sign_in, everybody]
