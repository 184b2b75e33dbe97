"""Incident: what went wrong in production, which commits may have led to it, and what was learned. It blames nobody.

In: rollbacks, crash loops and failed deployments of production.
Out: incident.opened, incident.resolved, incident.postmortem_written; an issue on the board with the suspects in it.
Asks: code for the commits, release for what came with a version, the logs of the service, plan for the issue.
"""

from dure.incident.incident import (
    Incident,
    IncidentOpened,
    IncidentResolved,
    PostmortemWritten,
    find_incident,
    incidents_about,
    incidents_of,
    resolve,
    write_postmortem,
)
from dure.incident.opening import Opening
from dure.incident.suspect import Candidate, Ranked, Suspect, files_named, rank, suspects_of

__all__ = [
    "Candidate",
    "Incident",
    "IncidentOpened",
    "IncidentResolved",
    "Opening",
    "PostmortemWritten",
    "Ranked",
    "Suspect",
    "files_named",
    "find_incident",
    "incidents_about",
    "incidents_of",
    "rank",
    "resolve",
    "suspects_of",
    "write_postmortem",
]
