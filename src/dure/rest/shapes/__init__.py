"""Things of this house in the shapes that GitHub gives them. Only what clients read is said, and all of it is true."""

from dure.rest.shapes.built import artifact_shape, run_shape
from dure.rest.shapes.coded import (
    branch_shape,
    check_shape,
    commit_shape,
    content_shape,
    ref_shape,
    repository_shape,
    status_shape,
)
from dure.rest.shapes.deployed import deployment_shape, deployment_status_shape
from dure.rest.shapes.planned import comment_shape, issue_shape, label_shape, request_as_issue, row_shape
from dure.rest.shapes.pulled import file_shape, pull_shape, whole_pull_shape
from dure.rest.shapes.released import release_shape
from dure.rest.shapes.said import Addresses, moment, user_shape

__all__ = [
    "Addresses",
    "artifact_shape",
    "branch_shape",
    "check_shape",
    "comment_shape",
    "commit_shape",
    "content_shape",
    "deployment_shape",
    "deployment_status_shape",
    "file_shape",
    "issue_shape",
    "label_shape",
    "moment",
    "pull_shape",
    "ref_shape",
    "release_shape",
    "repository_shape",
    "request_as_issue",
    "row_shape",
    "run_shape",
    "status_shape",
    "user_shape",
    "whole_pull_shape",
]
