"""The postmortem: a draft made of what the ledger knows, for people to add what only they know. It blames nobody."""

from collections.abc import Sequence
from dataclasses import dataclass

from dure import deploy, plan, policy
from dure.incident.incident import Incident, find_incident
from dure.incident.suspect import Suspect, suspects_of
from dure.kit import say
from dure.ledger import Entry, Work, thread
from dure.plan import Project

ENTRIES_MAX = 200


@dataclass(frozen=True)
class Whole:
    """Everything that the page of an incident says."""

    project: Project
    incident: Incident
    suspects: Sequence[Suspect]
    timeline: Sequence[Entry]
    issue: plan.Issue | None
    deployment: deploy.Deployment
    may_write: bool


def whole_incident(work: Work, project: Project, number: int) -> Whole:
    incident = find_incident(work, project, number)
    issue = plan.find_issue(work, project, incident.issue_number) if incident.issue_number else None
    return Whole(
        project,
        incident,
        suspects_of(work, incident.id),
        timeline_of(work, incident, issue),
        issue,
        deploy.deployment_of(work, incident.deployment_id),
        policy.may(work, "incident.write", project.scope),
    )


def timeline_of(work: Work, incident: Incident, issue: plan.Issue | None) -> list[Entry]:
    """What happened to the deployment, the incident and its issue, in one line of time."""
    refs = [f"deployment:{incident.deployment_id}", incident.ref, *([issue.ref] if issue else [])]
    found = {entry.id: entry for ref in refs for entry in thread(work, ref, limit=ENTRIES_MAX)}
    return [found[key] for key in sorted(found)]


def draft(whole: Whole, language: str) -> str:
    """The postmortem before anybody has written a word of it, as Markdown in the reader's language."""
    incident = whole.incident
    # Each heading stands outside of an f-string: the catalogue is not made from what is inside one.
    happened, noticed = say("What happened").into(language), say("What people noticed").into(language)
    timeline, led = say("Timeline").into(language), say("What led to it").into(language)
    lines = [
        f"# {incident.title.into(language)}",
        "",
        f"## {happened}",
        "",
        incident.why,
        "",
        f"## {noticed}",
        "",
        say("(How many were touched, and how? Nobody is to blame; the question is what made it possible.)").into(
            language
        ),
        "",
        f"## {timeline}",
        "",
        *(f"- {entry.at:%H:%M:%S} {entry.actor_name} {entry.sentence().into(language)}" for entry in whole.timeline),
        "",
        f"## {led}",
        "",
        *(f"- `{suspect.sha[:10]}` {suspect.title}" for suspect in whole.suspects[:3]),
        "",
    ]
    for heading in (say("What went well"), say("What went badly"), say("Where we were lucky"), say("What we will do")):
        lines += [f"## {heading.into(language)}", "", "- ", ""]
    return "\n".join(lines)
