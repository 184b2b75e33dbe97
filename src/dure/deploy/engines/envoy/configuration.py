"""What Envoy is told, as data: pure functions from routes to the resources of its API."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import msgspec

from dure.deploy.traffic import LATENCY_EDGES_MS, Route, Upstream
from dure.kit import Text, say

API = "type.googleapis.com/envoy"
CLUSTER = f"{API}.config.cluster.v3.Cluster"
ENDPOINTS = f"{API}.config.endpoint.v3.ClusterLoadAssignment"
ROUTES = f"{API}.config.route.v3.RouteConfiguration"
ROUTE_NAME = "routes"
PREFIX = "v_"
CONNECT_SECONDS = "2s"
# Most application servers close a silent connection after 2 to 5 s, just when a request may come through it.
# We leave before they do.
SILENT_UPSTREAM_SECONDS = "1s"
SILENT_STREAM_SECONDS = "3600s"
MANY = 1_000_000
CONNECTIONS_MAX = 50_000
# Only these are counted: a version needs no more, and each costs memory for each version.
COUNTED = (
    r"cluster\.v_[0-9a-f]+\.(upstream_rq_time|upstream_rq_active|upstream_rq_completed|upstream_rq_5xx|version_text)",
    r"cluster_manager\.cds\.(version_text|update_rejected)",
    r"http\.visitors\.rds\.routes\.(version_text|update_rejected)",
)

Resource = dict[str, Any]


def cluster_name(host: str, version: str) -> str:
    """One cluster for each version of each host. Its name has no dot, because Envoy's counters are cut at dots."""
    return PREFIX + hashlib.sha256(f"{host} {version}".encode()).hexdigest()[:20]


def bootstrap(host: str, port: int) -> Resource:
    """What Envoy reads once. All paths are relative to its folder, so no path is too long for a socket."""
    return {
        "node": {"id": "dure", "cluster": "dure"},
        "admin": {"address": {"pipe": {"path": "own/admin", "mode": 0o600}}},
        "stats_config": {
            "stats_matcher": {
                "inclusion_list": {"patterns": [{"safe_regex": {"regex": pattern}} for pattern in COUNTED]}
            },
            "histogram_bucket_settings": [{"match": {"suffix": "upstream_rq_time"}, "buckets": list(LATENCY_EDGES_MS)}],
        },
        # Latencies are summed up this often; the judge looks each second.
        "stats_flush_interval": "0.5s",
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": f"{API}.extensions.resource_monitors.downstream_connections.v3"
                        ".DownstreamConnectionsConfig",
                        "max_active_downstream_connections": CONNECTIONS_MAX,
                    },
                }
            ]
        },
        "dynamic_resources": {"cds_config": watched("clusters.json")},
        "static_resources": {"listeners": [listener(host, port)]},
    }


def watched(name: str) -> Resource:
    """Envoy reads the file again whenever one is renamed into its place."""
    return {"path_config_source": {"path": f"told/{name}"}, "resource_api_version": "V3"}


def listener(host: str, port: int) -> Resource:
    return {
        "name": "visitors",
        "address": {"socket_address": {"address": host, "port_value": port}},
        # Two that share a port would each get half of the visitors and never notice.
        "enable_reuse_port": False,
        "per_connection_buffer_limit_bytes": 1 << 20,
        "filter_chains": [
            {
                "filters": [
                    {
                        "name": "envoy.filters.network.http_connection_manager",
                        "typed_config": {
                            "@type": f"{API}.extensions.filters.network.http_connection_manager.v3"
                            ".HttpConnectionManager",
                            **connections(),
                        },
                    }
                ]
            }
        ],
    }


def connections() -> Resource:
    return {
        "stat_prefix": "visitors",
        "codec_type": "AUTO",
        "rds": {"route_config_name": ROUTE_NAME, "config_source": watched("routes.json")},
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        # The visitor's address is the one that called us, whatever the request says.
        "use_remote_address": True,
        "normalize_path": True,
        "server_header_transformation": "PASS_THROUGH",
        "request_headers_timeout": "30s",
        "stream_idle_timeout": SILENT_STREAM_SECONDS,
        "common_http_protocol_options": {"headers_with_underscores_action": "ALLOW", "idle_timeout": "300s"},
        "local_reply_config": {"mappers": [silent_upstream()]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {
                    "@type": f"{API}.extensions.filters.http.router.v3.Router",
                    "suppress_envoy_headers": True,
                },
            }
        ],
    }


def silent_upstream() -> Resource:
    """What Envoy says when the application does not answer; the application's own 503 stays as it is."""
    return {
        # Not reached, no instance, cut off, tried in vain, given up.
        "filter": {"response_flag_filter": {"flags": ["UF", "UH", "UC", "URX", "LR"]}},
        "body": {"inline_string": page(say("The application does not answer just now. Try again in a moment."))},
        "body_format_override": {
            "text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"},
            "content_type": "text/html; charset=utf-8",
        },
    }


def cluster(name: str) -> Resource:
    """Where it is reached is told apart from it: a cluster that is changed would begin to count anew."""
    limits = ("max_connections", "max_pending_requests", "max_requests", "max_retries")
    return {
        "@type": CLUSTER,
        "name": name,
        "type": "EDS",
        "eds_cluster_config": {"eds_config": watched(endpoints_file(name))},
        "connect_timeout": CONNECT_SECONDS,
        # Nobody waits in vain behind a limit that no person set; the machine's own limits stay.
        "circuit_breakers": {"thresholds": [dict.fromkeys(limits, MANY)]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{API}.extensions.upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": {"idle_timeout": SILENT_UPSTREAM_SECONDS},
                "explicit_http_config": {"http_protocol_options": {}},
            }
        },
    }


def endpoints_file(name: str) -> str:
    return f"{name}.json"


def endpoints(name: str, upstreams: Sequence[Upstream]) -> Resource:
    return {
        "@type": ENDPOINTS,
        "cluster_name": name,
        "endpoints": [
            {
                "lb_endpoints": [
                    {"endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}}}
                    for address, port in upstreams
                ]
            }
        ],
    }


def route_table(routes: Iterable[Route]) -> Resource:
    """Every host, and an answer for those that are none."""
    return {
        "@type": ROUTES,
        "name": ROUTE_NAME,
        # Visitors write the port behind the name, and applications want to see it there.
        "ignore_port_in_host_matching": True,
        "request_headers_to_add": [header("x-forwarded-host", "%REQ(:AUTHORITY)%", "ADD_IF_ABSENT")],
        "virtual_hosts": [
            *(virtual_host(route) for route in sorted(routes, key=lambda route: route.host)),
            {
                "name": "nobody",
                "domains": ["*"],
                "routes": [sentence(404, say("No service answers at this address. Look at how its name is written."))],
            },
        ],
    }


def virtual_host(route: Route) -> Resource:
    weights = {
        version: weight
        for version, weight in sorted(route.weights.items())
        if weight > 0 and route.upstreams.get(version)
    }
    return {
        "name": route.host,
        "domains": [route.host],
        "routes": [passed_on(route.host, weights) if weights else sentence(503, say("This service does not run now."))],
    }


def passed_on(host: str, weights: Mapping[str, int]) -> Resource:
    return {
        "match": {"prefix": "/"},
        "route": {
            "weighted_clusters": {
                "clusters": [
                    {
                        "name": cluster_name(host, version),
                        "weight": weight,
                        "response_headers_to_add": [header("x-dure-version", version)],
                    }
                    for version, weight in weights.items()
                ]
            },
            # How long an answer may take is the application's own business.
            "timeout": "0s",
            # Tried again only when nothing of the request has reached anybody: safe for every method.
            "retry_policy": {
                "retry_on": "connect-failure,reset-before-request",
                "num_retries": 3,
                "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
            },
        },
    }


def sentence(status: int, words: Text) -> Resource:
    return {
        "match": {"prefix": "/"},
        "direct_response": {"status": status, "body": {"inline_string": page(words)}},
        "response_headers_to_add": [
            header("content-type", "text/html; charset=utf-8"),
            header("cache-control", "no-store"),
        ],
    }


def header(name: str, value: str, action: str = "OVERWRITE_IF_EXISTS_OR_ADD") -> Resource:
    return {"header": {"key": name, "value": value}, "append_action": action}


def page(words: Text) -> str:
    """Who comes here is unknown, so the sentence stands there in both languages."""
    lines = dict.fromkeys(escape(words.into(language)) for language in ("en", "ko"))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{next(iter(lines))}</title>" + "".join(f"<p>{line}</p>" for line in lines) + "</html>\n"
    )


class Said(NamedTuple):
    """A file as Envoy reads it, and the version it will report."""

    version: str
    words: bytes


def answer(resources: Sequence[Resource]) -> Said:
    """The version is the digest of what is said, so that saying it twice changes nothing."""
    version = hashlib.sha256(msgspec.json.encode(resources)).hexdigest()[:16]
    return Said(version, msgspec.json.encode({"version_info": version, "resources": resources}))
