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
}
WORKING = {
    "project": Word("dure.cli.project:project", say("Projects: new, list, show, choose.")),
    "issue": Word("dure.cli.issue:issue", say("Issues: new, list, show, comment, close, reopen.")),
}
BEING = {
    "login": Word("dure.cli.sign_in:login", say("Sign in to a house.")),
    "logout": Word("dure.cli.sign_in:logout", say("Sign out, and end the token.")),
    "whoami": Word("dure.cli.sign_in:whoami", say("Who you are, and where.")),
    "token": Word("dure.cli.token:token", say("Tokens for programs: new, list, revoke.")),
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
