"""What is said to ClickHouse, embedded or not: its tables and its few statements, with every value as a parameter."""

from collections.abc import Mapping, Sequence

from dure.monitor.store import COUNTED_MAX, LINES_MAX, LOG_DAYS, METRIC_DAYS, SERIOUS, CountsAsked, LinesAsked

DATABASE = "dure"
SECONDS_MAX = 10
"""How long one question may take: a month of a busy service is millions of rows."""
CAPS = (
    f"SETTINGS max_execution_time={SECONDS_MAX}, max_memory_usage=300000000, max_threads=2, "
    "output_format_json_quote_64bit_integers=0"
)
REMEMBERED_BATCHES = 500
"""How many batches a table knows again by their token."""
NGRAM = 3
"""The index keeps every run of three letters, so that part of a word is found as well, in Korean too."""

TABLES = (
    f"CREATE DATABASE IF NOT EXISTS {DATABASE}",
    f"""CREATE TABLE IF NOT EXISTS {DATABASE}.metrics (
        ts DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
        project UInt32, environment UInt32, service LowCardinality(String), version LowCardinality(String),
        requests UInt32 CODEC(ZSTD(1)), errors UInt32 CODEC(ZSTD(1)), latency Array(UInt32) CODEC(ZSTD(1))
    ) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (project, environment, service, ts, version)
    TTL ts + INTERVAL {METRIC_DAYS} DAY
    SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = {REMEMBERED_BATCHES}""",
    f"""CREATE TABLE IF NOT EXISTS {DATABASE}.logs (
        id UInt64 CODEC(Delta, ZSTD(1)), ts DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
        project UInt32, environment UInt32, service LowCardinality(String), version LowCardinality(String),
        instance LowCardinality(String), stream LowCardinality(String), level LowCardinality(String),
        body String CODEC(ZSTD(1)),
        INDEX words body TYPE text(tokenizer = ngrams({NGRAM}), preprocessor = lowerUTF8(body))
    ) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (project, environment, service, id)
    TTL toDateTime(ts) + INTERVAL {LOG_DAYS} DAY
    SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = {REMEMBERED_BATCHES}""",
)

COUNTS = f"""SELECT toUInt32(intDiv(toUnixTimestamp(ts), {{step:UInt32}}) * {{step:UInt32}}) AS slot, version,
    sum(requests), sum(errors), sumForEach(latency)
FROM {DATABASE}.metrics
WHERE project = {{project:UInt32}} AND environment = {{environment:UInt32}} AND service = {{service:String}}
    AND ts >= toDateTime({{since:UInt32}}) AND ts < toDateTime({{until:UInt32}})
GROUP BY slot, version ORDER BY slot, version LIMIT {COUNTED_MAX} {CAPS}"""  # noqa: S608 - nothing in it comes from outside

LINES = f"""SELECT id, toUnixTimestamp64Milli(ts) / 1000 AS ts, project, environment, service, version,
    instance, stream, level, body
FROM {DATABASE}.logs"""  # noqa: S608 - nothing in it comes from outside


def insert_into(table: str, token: str) -> str:
    return (
        f"INSERT INTO {DATABASE}.{table} SETTINGS insert_deduplication_token='{bytes.fromhex(token).hex()}', "
        "async_insert=0, max_insert_block_size=1000000 FORMAT JSONEachRow"
    )


def counts(asked: CountsAsked) -> tuple[str, dict[str, str]]:
    values = {"since": asked.since, "until": asked.until, "step": asked.step_seconds}
    return COUNTS, parameters({**of_service(asked.key), **values})


def lines(asked: LinesAsked) -> tuple[str, dict[str, str]]:
    """The statement grows by fixed words alone; what people typed is a parameter."""
    conditions = [
        "project = {project:UInt32}",
        "environment = {environment:UInt32}",
        "service = {service:String}",
    ]
    values: dict[str, object] = of_service(asked.key)
    for place, word in enumerate(asked.words):
        values[f"word{place}"] = word
        conditions.append(f"positionCaseInsensitiveUTF8(body, {{word{place}:String}}) > 0")
        if len(word) >= NGRAM:
            conditions.append(f"hasAllTokens(body, {{word{place}:String}})")
    if levels := SERIOUS.get(asked.level, ()):
        conditions.append("level IN {levels:Array(String)}")
        values["levels"] = list(levels)
    if asked.version:
        conditions.append("version = {version:String}")
        values["version"] = asked.version
    if asked.before:
        conditions.append("id < {before:UInt64}")
        values["before"] = asked.before
    if asked.after:
        conditions.append("id > {after:UInt64}")
        values["after"] = asked.after
    way = "ASC" if asked.after else "DESC"
    sql = (
        f"{LINES} WHERE {' AND '.join(conditions)} ORDER BY id {way} LIMIT {min(max(asked.limit, 1), LINES_MAX)} {CAPS}"
    )
    return sql, parameters(values)


def of_service(key: object) -> dict[str, object]:
    return {name: getattr(key, name) for name in ("project", "environment", "service")}


def parameters(values: Mapping[str, object]) -> dict[str, str]:
    """Values as ClickHouse reads them from its HTTP interface."""
    return {f"param_{name}": written(value) for name, value in values.items()}


def written(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(quoted(str(one)) for one in value) + "]"
    return escaped(str(value))


SIGNS = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\b": "\\b", "\f": "\\f"})


def escaped(words: str) -> str:
    return words.translate(SIGNS)


def quoted(words: str) -> str:
    return escaped("'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'")
