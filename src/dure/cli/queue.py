"""`dure queue`: what waits for runners, since when, and why."""

import click

from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.kit import plain, say, told
from dure.wire import QueueList


@click.command(help=told(say("Shows which jobs wait for runners, the oldest first, and why each does.")))
@click.option("-p", "--project", metavar="OWNER/NAME", help=told(say("Only what waits in this project.")))
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 100),
    default=20,
    show_default=True,
    help=told(say("How many at most.")),
)
@click.option("--after", type=click.IntRange(0), default=0, help=told(say("Go on after the job with this number.")))
@house_option
@json_option
def queue(project: str | None, limit: int, after: int, house: str | None, as_json: bool) -> None:
    found = client_for(house).get("/queue", QueueList, project=project, after=after, limit=limit)
    if as_json:
        print_json(found)
        return
    if found.waiting and not after:
        head = [say("Labels"), say("Wait"), say("Runners"), say("Free places")]
        rows = [
            [plain(", ".join(each.labels)), str(each.count), str(each.runners), str(each.free)]
            for each in found.waiting
        ]
        print_table(head, rows, say("Nothing waits."))
        print()
    head = [say("Job"), say("Project"), say("Run"), say("Name"), say("Labels"), say("Since"), say("Why")]
    rows = [
        [
            str(each.id),
            each.project,
            f"#{each.run}",
            plain(each.name),
            plain(", ".join(each.labels)),
            minute(each.since),
            plain(each.why),
        ]
        for each in found.jobs
    ]
    print_table(head, rows, say("Nothing waits."))
    if found.next is not None:
        print(told(say("More: dure queue --after {number}", number=found.next)))
