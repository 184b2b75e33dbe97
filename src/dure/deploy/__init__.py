"""Deploy: releases run in environments; a new version takes over step by step, judged by what its visitors meet.

In: releases (release.released), a person who ships, approves, stops or goes back; what the traffic counts.
Out: instances, routes, deploy.begun to deploy.went_live or deploy.rolled_back; issues closed when they are live.
Asks: release and code for what is deployed, the vault for secrets, storage for the files, and two ports of its own:
the platform, which runs instances, and the traffic, which spreads requests. Everything is set from the tables alone.
"""

from dure.deploy.appfile import AppFile, AppFileBroken, ServiceFile, read_app_file
from dure.deploy.deployment import (
    Approval,
    ApprovalAsked,
    Approved,
    CrashLooped,
    Deployment,
    DeploymentBegun,
    DeploymentFailed,
    DeploymentStopped,
    NothingToApprove,
    NothingToDeploy,
    NothingToGoBackTo,
    NotUnderWay,
    NotYet,
    RolledBack,
    StepReached,
    VerdictGiven,
    WentLive,
    approval_of,
    approve,
    begin,
    deployment_of,
    deployments_of,
    find_deployment,
    in_flight,
    live_in,
    promote,
    roll_back,
    stop,
)
from dure.deploy.environment import Environment, environments_by_id, environments_of, find_environment, host_of
from dure.deploy.instance import Keeping, Placed
from dure.deploy.rollout import Rollouts
from dure.deploy.running import Runs, running
from dure.deploy.shares import Service
from dure.deploy.verdict import Point, points_of

__all__ = [
    "AppFile",
    "AppFileBroken",
    "Approval",
    "ApprovalAsked",
    "Approved",
    "CrashLooped",
    "Deployment",
    "DeploymentBegun",
    "DeploymentFailed",
    "DeploymentStopped",
    "Environment",
    "Keeping",
    "NotUnderWay",
    "NotYet",
    "NothingToApprove",
    "NothingToDeploy",
    "NothingToGoBackTo",
    "Placed",
    "Point",
    "RolledBack",
    "Rollouts",
    "Runs",
    "Service",
    "ServiceFile",
    "StepReached",
    "VerdictGiven",
    "WentLive",
    "approval_of",
    "approve",
    "begin",
    "deployment_of",
    "deployments_of",
    "environments_by_id",
    "environments_of",
    "find_deployment",
    "find_environment",
    "host_of",
    "in_flight",
    "live_in",
    "points_of",
    "promote",
    "read_app_file",
    "roll_back",
    "running",
    "stop",
]
