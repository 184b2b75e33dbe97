"""`dure token`: tokens for programs, made and ended."""

import click

from dure.cli.client import part
from dure.cli.options import client_for, day, house_option, json_option, minute, print_json, print_table, scope_option
from dure.kit import paint, say, told
from dure.wire import MadeToken, NewPersonalToken, TokenList, TokenScope


@click.group(help=told(say("Tokens let programs in under your name. Each can do no more than its scope.")))
def token() -> None:
    pass


@token.command("new", help=told(say("Makes a token and shows it, this once.")))
@click.argument("name")
@scope_option
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=90,
    show_default=True,
    help=told(say("Days after which the token ends.")),
)
@house_option
@json_option
def new_token(name: str, scope: TokenScope, days: int, house: str | None, as_json: bool) -> None:
    made = client_for(house).post("/me/tokens", NewPersonalToken(name=name, scopes=[scope], days=days), MadeToken)
    if as_json:
        print_json(made)
        return
    print(paint(made.token, "strong"))
    print(told(say("Keep it now; it is not shown again. It ends on {day}.", day=day(made.expires_at))))


@token.command("list", help=told(say("Lists your tokens.")))
@house_option
@json_option
def list_tokens(house: str | None, as_json: bool) -> None:
    found = client_for(house).get("/me/tokens", TokenList)
    if as_json:
        print_json(found)
        return
    rows = [
        [str(each.id), each.name, f"…{each.hint}", ", ".join(each.scopes), minute(each.used_at), day(each.expires_at)]
        for each in found.tokens
    ]
    head = [say("Number"), say("Name"), say("Token"), say("Scope"), say("Last used"), say("Ends")]
    print_table(head, rows, say("You have no tokens."))


@token.command("revoke", help=told(say("Ends a token at once.")))
@click.argument("number", type=click.IntRange(1))
@house_option
def revoke_token(number: int, house: str | None) -> None:
    client_for(house).delete(f"/me/tokens/{part(number)}")
    print(told(say("Token {number} is revoked.", number=number)))
