"""The whole grammar of a workflow file, from the inside out."""

from dure.workflow.grammar.shape import (
    ANYTHING,
    FILLED,
    FLAG,
    NULL,
    NUMBER,
    TEXT,
    Shape,
    either,
    listing,
    mapping,
    one_of,
    place_of,
    ruled,
    within,
)
from dure.workflow.syntax import (
    CALL_TYPES,
    DISPATCH_TYPES,
    EVENT_NAMES,
    EVENTS,
    OF_CALL_OUTPUT,
    OF_CREDENTIALS,
    OF_ENVIRONMENT_URL,
    OF_JOB,
    OF_JOB_DEFAULTS,
    OF_JOB_ENV,
    OF_JOB_IF,
    OF_OUTPUTS,
    OF_RUN,
    OF_STEP,
    OF_STEP_IF,
    OF_STRATEGY,
    OF_WORKFLOW_ENV,
    PERMISSIONS,
    EventSyntax,
)

EXTRA = "x-"
"""Keys that begin so are ours or a stranger's: they are let pass where they may stand."""
FILLED_LIST = listing(FILLED)
ONE_OR_MORE = either(FILLED, FILLED_LIST)
SCALAR = either(TEXT, FLAG, NUMBER)
TEXTS = mapping(loose=TEXT)


def event(syntax: EventSyntax) -> Shape:
    if not syntax.types and not syntax.filters:
        return NULL
    kinds = ruled("events", one_of(*syntax.types))
    known = {"types": ruled("events", either(kinds, listing(kinds)))} if syntax.types else {}
    return either(NULL, mapping({**known, **dict.fromkeys(syntax.filters, ONE_OR_MORE)}))


DISPATCH_INPUT = either(
    NULL,
    mapping(
        {
            "description": TEXT,
            "deprecationMessage": TEXT,
            "type": one_of(*DISPATCH_TYPES),
            "required": FLAG,
            "default": SCALAR,
            "options": listing(TEXT),
        }
    ),
)
DISPATCH = either(NULL, mapping({"inputs": either(NULL, mapping(loose=DISPATCH_INPUT))}, passing=""))
CALL_INPUT = mapping(
    {
        "description": TEXT,
        "deprecationMessage": TEXT,
        "type": one_of(*CALL_TYPES),
        "required": FLAG,
        "default": within(OF_RUN, SCALAR),
    },
    "type",
)
CALL = either(
    NULL,
    mapping(
        {
            "inputs": mapping(loose=CALL_INPUT),
            "secrets": mapping(loose=either(NULL, mapping({"description": TEXT, "required": FLAG}))),
            "outputs": mapping(
                loose=mapping({"description": TEXT, "value": within(OF_CALL_OUTPUT, TEXT)}, "value"),
            ),
        }
    ),
)
EVENT_NAME = ruled("events", one_of(*EVENT_NAMES))
ON = either(
    EVENT_NAME,
    listing(EVENT_NAME),
    ruled(
        "events",
        mapping(
            {
                **{name: event(syntax) for name, syntax in EVENTS.items()},
                "repository_dispatch": either(NULL, mapping({"types": ONE_OR_MORE})),
                "schedule": listing(mapping({"cron": FILLED, "timezone": FILLED}, "cron")),
                "workflow_call": CALL,
                "workflow_dispatch": DISPATCH,
            }
        ),
    ),
)

DEFAULTS_RUN = mapping({"shell": FILLED, "working-directory": FILLED})
LEVELS = mapping({name: ruled("permissions", one_of(*levels)) for name, levels in PERMISSIONS.items()})
PERMITTED = ruled("permissions", either(LEVELS, one_of("read-all", "write-all")))
GROUP = mapping({"group": FILLED, "cancel-in-progress": FLAG, "queue": one_of("single", "max")}, "group")

CONTAINER_KEYS = {
    "image": FILLED,
    "options": TEXT,
    "env": mapping(loose=within(OF_OUTPUTS, TEXT)),
    "ports": FILLED_LIST,
    "volumes": FILLED_LIST,
    "credentials": within(OF_CREDENTIALS, mapping({"username": FILLED, "password": FILLED})),
}
SERVICE = either(FILLED, mapping({**CONTAINER_KEYS, "entrypoint": TEXT, "command": TEXT}))
STRATEGY = mapping(
    {
        "fail-fast": FLAG,
        "max-parallel": NUMBER,
        "matrix": mapping(
            dict.fromkeys(("include", "exclude"), listing(mapping(loose=ANYTHING))), loose=listing(ANYTHING)
        ),
    }
)

OF_ANY_STEP = {"name": within(OF_STEP, TEXT), "id": FILLED, "continue-on-error": within(OF_STEP, FLAG)}
DOING = {
    **OF_ANY_STEP,
    "if": within(OF_STEP_IF, TEXT),
    "timeout-minutes": within(OF_STEP, NUMBER),
    "env": within(OF_STEP, TEXTS),
    "background": FLAG,
}
WORDS_OF_STEP = within(OF_STEP, TEXT)
STEP: Shape = either(
    mapping({**DOING, "run": WORDS_OF_STEP, "working-directory": WORDS_OF_STEP, "shell": FILLED}, "run"),
    mapping({**DOING, "uses": FILLED, "with": within(OF_STEP, TEXTS)}, "uses"),
    mapping({**OF_ANY_STEP, "wait": ONE_OR_MORE}, "wait"),
    mapping({**OF_ANY_STEP, "wait-all": either(NULL, FLAG)}, "wait-all"),
    mapping({**OF_ANY_STEP, "cancel": FILLED}, "cancel"),
    mapping({"parallel": listing(lambda: STEP)}, "parallel"),
)

OF_ANY_JOB = {
    "name": within(OF_JOB, TEXT),
    "needs": ONE_OR_MORE,
    "if": within(OF_JOB_IF, TEXT),
    "permissions": PERMITTED,
    "concurrency": within(OF_JOB, either(FILLED, GROUP)),
    "strategy": within(OF_STRATEGY, STRATEGY),
    "x-cache": within(OF_JOB, mapping({"inputs": FILLED_LIST}, "inputs")),
}
ENVIRONMENT = mapping(
    {"name": TEXT, "url": within(OF_ENVIRONMENT_URL, TEXT), "deployment": FLAG},
    "name",
)
JOB_OF_STEPS = mapping(
    {
        **OF_ANY_JOB,
        "runs-on": within(OF_JOB, either(FILLED, FILLED_LIST, mapping({"group": FILLED, "labels": ONE_OR_MORE}))),
        "timeout-minutes": within(OF_JOB, NUMBER),
        "cancel-timeout-minutes": within(OF_JOB, NUMBER),
        "continue-on-error": within(OF_JOB, FLAG),
        "container": within(OF_JOB, either(TEXT, mapping(CONTAINER_KEYS))),
        "services": within(OF_JOB, mapping(loose=SERVICE)),
        "env": within(OF_JOB_ENV, TEXTS),
        "environment": within(OF_JOB, either(TEXT, ENVIRONMENT)),
        "outputs": mapping(loose=within(OF_OUTPUTS, TEXT)),
        "defaults": mapping({"run": within(OF_JOB_DEFAULTS, DEFAULTS_RUN)}),
        "steps": listing(STEP),
        "snapshot": either(
            FILLED,
            mapping({"image-name": FILLED, "if": within(OF_JOB, TEXT), "version": FILLED}, "image-name"),
        ),
    },
    "runs-on",
    passing=EXTRA,
)
JOB_OF_WORKFLOW = mapping(
    {
        **OF_ANY_JOB,
        "uses": FILLED,
        "with": mapping(loose=within(OF_JOB, SCALAR)),
        "secrets": either(mapping(loose=within(OF_JOB_ENV, SCALAR)), one_of("inherit")),
    },
    "uses",
    passing=EXTRA,
)

WORKFLOW = place_of(
    mapping(
        {
            "on": ON,
            "name": TEXT,
            "description": TEXT,
            "run-name": within(OF_RUN, TEXT),
            "defaults": mapping({"run": DEFAULTS_RUN}),
            "env": within(OF_WORKFLOW_ENV, TEXTS),
            "permissions": PERMITTED,
            "concurrency": within(OF_RUN, either(TEXT, GROUP)),
            "jobs": mapping(loose=either(JOB_OF_STEPS, JOB_OF_WORKFLOW)),
        },
        "on",
        "jobs",
        passing=EXTRA,
    )
)
