"""The folder that workflows are run for, copies of it that jobs may do with what they like, and what comes from
elsewhere."""

from dure.local.ground.cache import cache_directory
from dure.local.ground.copying import bring, bring_commit, give_all
from dure.local.ground.hashes import CHANGED, hashes_of
from dure.local.ground.sources import Sources, servers_of, shelve
from dure.local.ground.working_copy import NO_COMMIT, Git, GitSaysNo, Ground, git_lists, git_says, ground_at

__all__ = [
    "CHANGED",
    "NO_COMMIT",
    "Git",
    "GitSaysNo",
    "Ground",
    "Sources",
    "bring",
    "bring_commit",
    "cache_directory",
    "git_lists",
    "git_says",
    "give_all",
    "ground_at",
    "hashes_of",
    "servers_of",
    "shelve",
]
