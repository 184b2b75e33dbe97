"""The command line of everybody: thin words that speak HTTP with a house, near or far.

In: what a person types, and the answers of the API. Out: tables and sentences on a terminal, JSON for programs, exit
codes.
Asks: nobody. It knows only the messages and the tools, so that `dure issue list` loads no database.

Each word is loaded only when it is said; `grammar` is what all words of `dure` stand in.
"""

# tidy: one module for each word, and each stands alone
from dure.cli.client import Client, Nothing, part
from dure.cli.grammar import Grammar, Word, speak
from dure.cli.remote import client_here

__all__ = ["Client", "Grammar", "Nothing", "Word", "client_here", "part", "speak"]
