"""What one commit has that another has not."""

from litestar import Response

from dure.kit import Missing
from dure.rest.routes.asked import (
    REPO,
    Asked,
    Shape,
    Word,
    addresses,
    of_git,
    paged,
    reads,
    repository,
    resolved,
    told,
    turn_of,
)
from dure.rest.routes.repos import CONTENTS, Rest, inner
from dure.rest.shapes import commit_shape, file_shape

FILES_MAX = 300


@reads(f"{REPO}/compare/{{refs:path}}")
async def compared(request: Asked, owner: Word, repo: Word, refs: Rest) -> Response[Shape]:
    """BASE...HEAD: branches, tags or commits. The commits are those of HEAD, the oldest first."""
    turn = turn_of(request)
    project, found = await repository(request, owner, repo, CONTENTS)
    names = [name.removeprefix(f"{project.owner}:") for name in inner(refs).split("...")]
    if len(names) != 2 or not all(names):
        raise Missing
    base, head = [await resolved(request, found, name) for name in names]
    parted = await of_git(request, lambda git: git.parted(found.id, base, head))
    if parted.base is None:
        raise Missing
    # Git lists the newest first; a page counted from the other end may be shorter.
    skip, stop = max(parted.ahead - turn.skip - turn.limit, 0), max(parted.ahead - turn.skip, 0)
    infos = (
        await of_git(request, lambda git: git.new_commits(found.id, [head], [base], stop - skip, skip=skip))
        if stop > skip
        else []
    )
    whole = await of_git(request, lambda git: [git.commit(found.id, sha) for sha in (base, str(parted.base))])
    diff = await of_git(request, lambda git: git.compare(found.id, base, head)) if turn.page == 1 else None
    at = addresses(request, project)
    some, headers = paged(request, turn, [commit_shape(at, info) for info in reversed(infos)], parted.ahead)
    ahead, behind = parted.ahead, parted.behind
    shape = {
        "url": at.api("compare", f"{base}...{head}"),
        "status": "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical",
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "base_commit": commit_shape(at, whole[0]) if whole[0] else None,
        "merge_base_commit": commit_shape(at, whole[1]) if whole[1] else None,
        "commits": list(some),
        "files": [file_shape(at, each, head) for each in (diff.files if diff else ())[:FILES_MAX]],
    }
    return told(shape, headers=headers)


handlers = [compared]
