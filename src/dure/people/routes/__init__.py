"""The addresses of people. Only the house's own assembly comes in here."""

from dure.kit import say
from dure.people.routes import admin, api, me, sign_in
from dure.people.routes.authentication import Authentication
from dure.people.routes.me import remember
from dure.shell import Place, Viewer

__all__ = ["Authentication", "handlers", "places", "remember"]


def is_admin(viewer: Viewer) -> bool:
    return viewer.is_admin


handlers = [*sign_in.handlers, *me.handlers, *admin.handlers, *api.handlers]

places = [
    Place("me", say("Profile"), "/me", key="m", within="me"),
    Place("password", say("Password"), "/me/password", within="me"),
    Place("sessions", say("Sign-ins"), "/me/sessions", within="me"),
    Place("tokens", say("Tokens"), "/me/tokens", within="me"),
    Place("overview", say("The house"), "/admin", key="a", within="admin", shown=is_admin),
    Place("people", say("People"), "/admin/people", within="admin", shown=is_admin),
    Place("deliveries", say("Deliveries"), "/admin/deliveries", within="admin", shown=is_admin),
]
