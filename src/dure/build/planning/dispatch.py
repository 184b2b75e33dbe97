"""repository_dispatch: a program outside says that something happened, and workflows that name it begin."""

import secrets
from dataclasses import dataclass
from typing import Any

import msgspec

from dure import policy
from dure.build.planning.happened import Happened
from dure.build.planning.planning import Planning, raise_event
from dure.kit import Invalid, Refused, say
from dure.ledger import Work
from dure.plan import Project

TYPE_CHARACTERS_MAX = 100
PROPERTIES_MAX = 10
BYTES_MAX = 65_535


@dataclass(frozen=True)
class Dispatched:
    """What was said, and the planning of it, if a workflow names it."""

    type: str
    planning: Planning | None


def dispatch(work: Work, project: Project, event_type: str, client_payload: dict[str, Any]) -> Dispatched:
    """Raise `repository_dispatch` of this type, with what the caller has to say."""
    policy.require(work, "build.start", project.scope)
    event_type = " ".join(event_type.split())
    if not 0 < len(event_type) <= TYPE_CHARACTERS_MAX:
        raise Invalid({"event_type": say("Use 1 to {count} characters.", count=TYPE_CHARACTERS_MAX)})
    if len(client_payload) > PROPERTIES_MAX:
        raise Invalid({"client_payload": say("It has {count} properties at most.", count=PROPERTIES_MAX)})
    if len(msgspec.json.encode(client_payload)) > BYTES_MAX:
        raise Refused(say("What is told with it is larger than {count} bytes.", count=BYTES_MAX))
    happened = Happened(
        name="repository_dispatch",
        type=event_type,
        key=f"dispatch:{secrets.token_hex(8)}",
        payload={"client_payload": client_payload},
    )
    return Dispatched(event_type, raise_event(work, project, happened))
