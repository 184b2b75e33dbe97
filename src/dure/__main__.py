"""`dure ...`: the words of the house's keeper and the words of everybody, under one name.

A word is named here and defined elsewhere; its module is imported when the word is said, so that listing issues does
not load a database, and starting the house does not load the client.
"""

import sys

from dure.cli import Grammar, Word, speak
from dure.kit import say

KEEPING = {
    "up": Word("dure.keeper.up:up", say("Start the house here, until Ctrl-C.")),
    "down": Word("dure.keeper.running:down", say("Stop the house that runs here.")),
    "status": Word("dure.keeper.running:status", say("Whether the house runs here, and since when.")),
    "doctor": Word("dure.keeper.doctor:doctor", say("Look at the machine and the data; name each problem's remedy.")),
    "backup": Word("dure.keeper.backup:backup", say("Write everything into one file, also while the house runs.")),
    "restore": Word("dure.keeper.backup:restore", say("Bring back what a backup holds, checked.")),
    "ledger": Word("dure.keeper.ledger:ledger", say("Verify the ledger, or show what happened to one thing.")),
    "key": Word("dure.keeper.key:key", say("Turn the master key.")),
    "runner": Word("dure.runner.command:runner", say("Do jobs for a house, on this machine.")),
    "demo": Word("dure.demo:demo", say("Go once round the loop with a sample shop.")),
}
WORKING = {
    "run": Word("dure.local.command:run", say("Run the workflows of this folder here, without a house.")),
    "plan": Word("dure.local.command:plan", say("What would run here, and why or why not.")),
    "project": Word("dure.cli.project:project", say("Projects: new, list, show, choose.")),
    "init": Word("dure.cli.init:init", say("Give the code in this folder a project, to push to.")),
    "issue": Word("dure.cli.issue:issue", say("Issues: new, list, show, comment, close, reopen.")),
    "where": Word("dure.cli.insight:where", say("Where a change is, and what it waits for.")),
    "mr": Word("dure.cli.mr:mr", say("Merge requests: open, list, show, merge, close, protect.")),
    "runs": Word("dure.cli.runs:runs", say("Runs of workflows: list, show, log, start, cancel, rerun.")),
    "actions": Word("dure.cli.actions:actions", say("Actions that the house keeps for workflows: list, keep, drop.")),
    "queue": Word("dure.cli.queue:queue", say("What waits for runners, since when and why.")),
    "runners": Word("dure.cli.runners:runners", say("Runners: list, invite, drain, end.")),
    "lint": Word("dure.cli.lint:lint", say("What is wrong with workflow files.")),
    "var": Word("dure.cli.variable:var", say("Variables that workflows ask for: put, list, remove.")),
    "cache": Word("dure.cli.cache:cache", say("Caches of jobs: list, drop.")),
    "secret": Word("dure.cli.secret:secret", say("Secrets for jobs and services: put, list, remove.")),
    "release": Word("dure.cli.release:release", say("Releases: list, show, new, verify.")),
    "ship": Word("dure.cli.deploy:ship", say("Deploy a release.")),
    "approve": Word("dure.cli.deploy:approve", say("Say yes to a deployment that waits for it.")),
    "rollback": Word("dure.cli.deploy:rollback", say("Go back to the last version that ran well.")),
    "deployments": Word("dure.cli.deploy:deployments", say("What was deployed, and what became of it.")),
    "logs": Word("dure.cli.logs:logs", say("What a service writes.")),
    "incidents": Word("dure.cli.incident:incidents", say("Incidents: list, show, resolve.")),
    "dora": Word("dure.cli.insight:dora", say("How the team delivers: the five metrics.")),
}
BEING = {
    "login": Word("dure.cli.sign_in:login", say("Sign in to a house.")),
    "logout": Word("dure.cli.sign_in:logout", say("Sign out, and end the token.")),
    "whoami": Word("dure.cli.sign_in:whoami", say("Who you are, and where.")),
    "token": Word("dure.cli.token:token", say("Tokens for programs: new, list, revoke.")),
    "credential": Word("dure.cli.credential:credential", say("What git asks for a token; `dure init` sets it up.")),
    "completion": Word("dure.cli.about:completion", say("Words completed by your shell: bash, zsh, fish.")),
    "version": Word("dure.cli.about:version", say("Which Dure this is.")),
}


def grammar() -> Grammar:
    return Grammar(
        [(say("Run the house"), KEEPING), (say("Work with it"), WORKING), (say("You and this machine"), BEING)]
    )


def main() -> None:
    sys.exit(speak(grammar(), sys.argv[1:]))


if __name__ == "__main__":
    main()
