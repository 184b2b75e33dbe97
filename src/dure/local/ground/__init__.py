"""The folder that workflows are run for, and copies of it that jobs may do with what they like."""

from dure.local.ground.copying import bring, bring_commit, give_all
from dure.local.ground.working_copy import NO_COMMIT, Git, GitSaysNo, Ground, git_lists, git_says, ground_at

__all__ = [
    "NO_COMMIT",
    "Git",
    "GitSaysNo",
    "Ground",
    "bring",
    "bring_commit",
    "git_lists",
    "git_says",
    "give_all",
    "ground_at",
]
