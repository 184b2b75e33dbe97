"""The pages of whoever keeps the house: who has an account, and what is stuck."""

from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from dure.kit import Invalid, Text, say
from dure.ledger import Work
from dure.people.caller import Caller
from dure.people.keys import make_link
from dure.people.person import (
    Person,
    account,
    disable,
    enable,
    list_people,
    make_account,
    make_admin,
    person,
    require_admin,
    unmake_admin,
)
from dure.people.routes.asked import By, Number, at_browser, change, house_of, settings_of
from dure.people.upkeep import deliver_again, overview, troubled_deliveries
from dure.shell import go, page, read_form

PAGE_OF_PEOPLE = 100


class NewAccount(msgspec.Struct):
    handle: Annotated[str, msgspec.Meta(max_length=100)] = ""
    name: Annotated[str, msgspec.Meta(max_length=300)] = ""
    email: Annotated[str, msgspec.Meta(max_length=300)] = ""
    admin: bool = False


class Switch(msgspec.Struct):
    on: bool = False


@get("/admin", include_in_schema=False)
async def overview_page(request: By) -> Response[str]:
    found = await house_of(request).read(at_browser(request), overview)
    return page(request, "people/overview.html", title=say("The house"), section="admin", here="overview", house=found)


@get("/admin/people", include_in_schema=False)
async def people_page(request: By) -> Response[str]:
    return await people_with(request, at_browser(request), NewAccount(), {})


async def people_with(request: By, caller: Caller, words: NewAccount, problems: dict[str, Text]) -> Response[str]:
    text, after = request.query_params.get("text", "")[:100], request.query_params.get("after", "")[:100]

    def find(work: Work) -> list[Person]:
        require_admin(work)
        return list(list_people(work, text=text, after=after, limit=PAGE_OF_PEOPLE + 1))

    found = await house_of(request).read(caller, find)
    return page(
        request,
        "people/people.html",
        status=422 if problems else 200,
        title=say("People"),
        section="admin",
        here="people",
        people=found[:PAGE_OF_PEOPLE],
        text=text,
        after=found[PAGE_OF_PEOPLE - 1].handle if len(found) > PAGE_OF_PEOPLE else None,
        words=words,
        problems=problems,
    )


@post("/admin/people", include_in_schema=False)
async def make_one(request: By) -> Response[str]:
    """A new account, and the link by which its owner comes in. The link is shown this once."""
    caller, words = at_browser(request), await read_form(request, NewAccount)

    def make(work: Work) -> tuple[Person, str]:
        made = make_account(work, handle=words.handle, name=words.name, email=words.email, admin=words.admin)
        return made, make_link(work, made.id)

    try:
        made, secret = await change(request, caller, make)
    except Invalid as problem:
        return await people_with(request, caller, words, problem.fields)
    return person_with(request, made, secret)


@get("/admin/people/{handle:str}", include_in_schema=False)
async def person_page(request: By, handle: FromPath[str]) -> Response[str]:
    def find(work: Work) -> Person:
        require_admin(work)
        return person(work, handle)

    return person_with(request, await house_of(request).read(at_browser(request), find), None)


def person_with(request: By, found: Person, secret: str | None) -> Response[str]:
    return page(
        request,
        "people/person.html",
        title=found.handle,
        section="admin",
        here="people",
        person=found,
        link=f"{settings_of(request).url}/welcome/{secret}" if secret else None,
    )


@post("/admin/people/{person_id:int}/links", include_in_schema=False)
async def make_link_for(request: By, person_id: Number) -> Response[str]:
    def make(work: Work) -> tuple[Person, str]:
        return account(work, person_id), make_link(work, person_id)

    found, secret = await house_of(request).write(at_browser(request), make)
    return person_with(request, found, secret)


@post("/admin/people/{person_id:int}/admin", include_in_schema=False)
async def switch_admin(request: By, person_id: Number) -> Response[str]:
    caller, wanted = at_browser(request), await read_form(request, Switch)
    found = await change(request, caller, partial(make_admin if wanted.on else unmake_admin, person_id=person_id))
    return go(request, f"/admin/people/{found.handle}", say("Saved."))


@post("/admin/people/{person_id:int}/disabled", include_in_schema=False)
async def switch_disabled(request: By, person_id: Number) -> Response[str]:
    caller, wanted = at_browser(request), await read_form(request, Switch)
    found = await change(request, caller, partial(disable if wanted.on else enable, person_id=person_id))
    return go(request, f"/admin/people/{found.handle}", say("Saved."))


@get("/admin/deliveries", include_in_schema=False)
async def deliveries_page(request: By) -> Response[str]:
    found = await house_of(request).read(at_browser(request), troubled_deliveries)
    return page(
        request,
        "people/deliveries.html",
        title=say("Deliveries"),
        section="admin",
        here="deliveries",
        deliveries=found,
    )


@post("/admin/deliveries/{delivery_id:int}/retry", include_in_schema=False)
async def retry_one(request: By, delivery_id: Number) -> Response[str]:
    await house_of(request).write(at_browser(request), partial(deliver_again, delivery_id=delivery_id))
    return go(request, "/admin/deliveries", say("Trying again now."))


handlers = [
    overview_page,
    people_page,
    make_one,
    person_page,
    make_link_for,
    switch_admin,
    switch_disabled,
    deliveries_page,
    retry_one,
]
