"""What is said about people and their tokens."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

TokenScope = Literal["read", "write", "admin"]
TokenName = Annotated[str, Meta(min_length=1, max_length=100, description="What the token is for.")]
TokenDays = Annotated[int, Meta(ge=1, le=366, description="Days after which the token expires.")]
TokenScopes = Annotated[
    list[TokenScope], Meta(min_length=1, max_length=3, description="What it is good for: read < write < admin.")
]


class NewPersonalToken(Struct, kw_only=True, forbid_unknown_fields=True):
    """A token to be made for whoever asks."""

    name: TokenName
    scopes: TokenScopes = field(default_factory=lambda: ["write"])
    days: TokenDays = 90


class ProgramSignIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """How a program gets its first token: by the handle and the password of its user."""

    handle: Annotated[str, Meta(min_length=1, max_length=100)]
    password: Annotated[str, Meta(min_length=1, max_length=1000)]
    name: TokenName
    scopes: TokenScopes = field(default_factory=lambda: ["write"])
    days: TokenDays = 90


class MadeToken(Struct, kw_only=True):
    """A token just made. The secret is said this once."""

    token: str
    id: int
    name: str
    scopes: list[str]
    expires_at: datetime


class TokenInfo(Struct, kw_only=True):
    """A token as it is listed: without its secret."""

    id: int
    name: str
    hint: str
    """The last letters of the secret."""
    scopes: list[str]
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


class TokenList(Struct, kw_only=True):
    tokens: list[TokenInfo]


class TokenShown(Struct, kw_only=True):
    """The token that came with the request."""

    id: int
    name: str
    scopes: list[str]
    within: str | None
    """The one scope of a project's token."""


class Me(Struct, kw_only=True):
    """Whoever asks."""

    ref: str
    handle: str
    name: str
    is_admin: bool
    email: str | None = None
    language: str | None = None
    theme: str | None = None
    token: TokenShown | None = None


class PersonInfo(Struct, kw_only=True):
    ref: str
    handle: str
    name: str
    is_admin: bool
    is_disabled: bool


class PersonList(Struct, kw_only=True):
    people: list[PersonInfo]
    next: str | None
    """The handle to ask on after, when there are more."""
