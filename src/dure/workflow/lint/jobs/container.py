"""Containers: that of a job and those of its services."""

from dure.kit import say
from dure.workflow.expression import has_expression
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.facts import CONTAINER, CREDENTIALS, SERVICE
from dure.workflow.lint.reading.fields import Entry, entries, instead_of_mapping, missing, text, texts
from dure.workflow.lint.reading.shared import check_env
from dure.workflow.lint.source import Node

PLACE = "job"


def check_container(desk: Desk, entry: Entry, keys: frozenset[str] = CONTAINER) -> None:
    node = entry.value
    if node.kind == "scalar":
        text(desk, node, PLACE)
        return
    found = entries(desk, node, known=keys)
    if "image" not in found:
        missing(desk, entry.key, "image")
    else:
        text(desk, found["image"].value, PLACE)
    if "credentials" in found:
        check_credentials(desk, found["credentials"])
    check_env(desk, found["env"].value if "env" in found else None, "container.env")
    for name in ("ports", "volumes"):
        texts(desk, found[name].value if name in found else None, PLACE, alone=True, empty=True)
    for name in ("options", "command", "entrypoint"):
        text(desk, found[name].value if name in found else None, PLACE, empty=True)


def check_credentials(desk: Desk, entry: Entry) -> None:
    place = "container.credentials"
    if instead_of_mapping(desk, entry.value, place):
        return
    found = entries(desk, entry.value, known=CREDENTIALS)
    for name in sorted(CREDENTIALS):
        text(desk, found[name].value if name in found else None, place)
    absent = CREDENTIALS - set(found)
    if absent:
        missing(desk, entry.key, max(absent))
    password = found["password"].value if "password" in found else None
    if password is not None and password.text and not has_expression(password.text):
        warn_of_password(desk, password)


def warn_of_password(desk: Desk, node: Node) -> None:
    desk.note(
        "credentials",
        node,
        say(
            "A password stands here for everybody to read. Keep it as a secret, and write {example}.",
            example="${{ secrets.NAME }}",
        ),
    )


def check_services(desk: Desk, node: Node) -> None:
    if instead_of_mapping(desk, node, PLACE):
        return
    for entry in entries(desk, node, folded=True).values():
        check_container(desk, entry, SERVICE)
