"""`beltline_submit`: a job from SQL is the very job that Python would have stored."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import asyncpg  # type: ignore[import-untyped]
import pytest

from beltline.client.beltline import Beltline
from beltline.config import ObjectsConfig
from beltline.core.errors import BeltlineError, InvalidInput, KeyReused, NotFound
from beltline.core.ids import ALPHABET, created_at
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.engine.definitions import apply_definitions
from beltline.engine.submit import JobOptions
from beltline.store.postgres.address import address_of
from tests.client.callers import dsn_of
from tests.runtime.works import Works

LATER: Final = datetime(2100, 5, 6, 7, 8, 9, 123_456, tzinfo=UTC)
DEFINITIONS: Final = ("resize", "plain", "deduped", "demanding", "pinned", "pinned_there")
TIMES: Final = ("queued_at", "run_at", "order_key", "deadline_at", "expires_at")

# What Python is given, and what says the same in SQL.
CASES: Final[Mapping[str, tuple[dict[str, Any], str]]] = MappingProxyType(
    {
        "nothing": ({}, ""),
        "queue": ({"queue": "other/queue"}, "queue => 'other/queue'"),
        "delay": ({"delay": "1m30s"}, "delay => '1 minute 30 seconds'"),
        "no delay": ({"delay": 0}, "delay => '0'"),
        "run_at": ({"run_at": LATER}, f"run_at => '{LATER}'"),
        "past": ({"run_at": "2001-01-01T00:00:00Z"}, "run_at => '2001-01-01 00:00+00'"),
        "priority": ({"priority": -1_000}, "priority => -1000"),
        "labels": (
            {"labels": {"zone": 'ü "x" \\', "Team": "ours", "team": "b"}},
            """labels => '{"zone": "ü \\"x\\" \\\\", "Team": "ours", "team": "b"}'""",
        ),
        "idempotency_key": ({"idempotency_key": "k ü"}, "idempotency_key => 'k ü'"),
        "dedupe": ({"dedupe": "content"}, "dedupe => 'content'"),
        "deadline": ({"deadline": LATER}, f"deadline => '{LATER}'"),
        "expires": ({"expires": LATER}, f"expires => '{LATER}'"),
        "timeout": ({"timeout": "250ms"}, "timeout => '250 ms'"),
        "max_attempts": ({"max_attempts": 9}, "max_attempts => 9"),
        "whose": (
            {"correlation_id": "c", "traceparent": "t", "owner": "o", "actor": "a"},
            "correlation_id => 'c', traceparent => 't', owner => 'o', actor => 'a'",
        ),
    }
)
FAULTY: Final[Sequence[tuple[dict[str, Any], str]]] = (
    ({"delay": 1, "run_at": LATER}, f"delay => '1 s', run_at => '{LATER}'"),
    ({"id": "i", "idempotency_key": "k"}, "id => 'i', idempotency_key => 'k'"),
    ({"id": "i", "dedupe": "content"}, "id => 'i', dedupe => 'content'"),
    ({"dedupe": "x"}, "dedupe => 'x'"),
    ({"id": "-x"}, "id => '-x'"),
    ({"queue": "a b"}, "queue => 'a b'"),
    ({"queue": ""}, "queue => ''"),
    ({"idempotency_key": ""}, "idempotency_key => ''"),
    ({"owner": "o" * 257}, "owner => repeat('o', 257)"),
    ({"actor": "a\tb"}, "actor => E'a\\tb'"),
    ({"priority": 1_001}, "priority => 1001"),
    ({"max_attempts": 0}, "max_attempts => 0"),
    ({"delay": timedelta(seconds=-1)}, "delay => '-1 s'"),
    ({"timeout": "36501d"}, "timeout => '36501 days'"),
    ({"labels": {"a b": "c"}}, """labels => '{"a b": "c"}'"""),
    ({"labels": {"a": 1}}, """labels => '{"a": 1}'"""),
    ({"labels": {"a": "b" * 257}}, "labels => jsonb_build_object('a', repeat('b', 257))"),
    ({"labels": ["a"]}, """labels => '["a"]'"""),
    (
        {"labels": {f"l{n}": "" for n in range(33)}},
        "labels => (SELECT jsonb_object_agg('l' || n, '') FROM generate_series(0, 32) AS n)",
    ),
)


class Both(NamedTuple):
    """A Beltline, and a plain connection to its database."""

    belt: Beltline
    sql: asyncpg.Connection

    async def submit(self, rest: str = "", name: str = "resize") -> str:
        payload = """, '{"image": "a.png"}'""" if "payload" not in rest else ""
        call = f"beltline_submit('{name}'{payload}{', ' if rest else ''}{rest})"
        job_id: str = await self.sql.fetchval(f"SELECT {call}")
        return job_id

    async def rows(self) -> dict[str, dict[str, Any]]:
        """Return the rows by id, with times counted from the job's submit where they are near it."""
        rows = [dict(row) for row in await self.sql.fetch("SELECT * FROM jobs")]
        for row in rows:
            for name in TIMES:
                if row[name] is not None and abs(row[name] - row["created_at"]) < 2 * 86_400_000_000:
                    row[name] -= row["created_at"]
        return {row.pop("id"): row for row in rows}


@pytest.fixture
async def both(postgres_schema_url: str) -> AsyncIterator[Both]:
    belt = Beltline(postgres_schema_url, namespace="default", objects=ObjectsConfig())

    @belt.job(
        queue="images",
        priority=3,
        retry=Retry(max_attempts=7),
        timeout="5m",
        deadline="2h",
        expires="1h",
        owner="media",
        labels={"team": "media", "kind": "ü"},
    )
    async def resize(image: str, width: int = 256) -> None: ...

    @belt.job
    async def plain(image: str = "") -> None: ...

    @belt.job(dedupe="content")
    async def deduped(image: str) -> None: ...

    @belt.job(resources={"memory": "1Gi", "cpu": 1.5}, tags=["ssd", "eu"])
    async def demanding(image: str) -> None: ...

    @belt.job(pinned=True, version="7")
    async def pinned(image: str) -> None: ...

    @belt.job(pinned=True, version="8", tags=["eu"])
    async def pinned_there(image: str) -> None: ...

    async with belt:
        await apply_definitions(belt.store, belt.namespace, list(belt.registry))
        sql = await asyncpg.connect(dsn_of(postgres_schema_url))
        await sql.execute(f"SET search_path TO {address_of(postgres_schema_url).schema}")
        yield Both(belt, sql)
        await sql.close()


async def test_a_row_is_the_one_that_python_stores_column_by_column(both: Both) -> None:
    python, sql = {}, {}

    for case, (options, given) in CASES.items():
        for name in DEFINITIONS:
            what = f"{case}, {name}"
            payload = {"image": what}
            text = f"""payload => '{{"image": "{what}"}}'"""
            own = {**options, "idempotency_key": f"py {what}"} if "idempotency_key" in options else options
            # A definition's dedupe makes the second submit the first job: its row is taken away between.
            reference = await both.belt.submit(name, payload, options=JobOptions(**own))
            python[what] = (await both.rows())[reference.id]
            await both.sql.execute("DELETE FROM jobs")
            await both.sql.execute("DELETE FROM idempotency")
            job_id = await both.submit(f"{text}{', ' if given else ''}{given}", name)
            sql[what] = (await both.rows())[job_id]
            if "idempotency_key" in options:
                python[what]["idempotency_key"] = options["idempotency_key"]

    for what, row in python.items():
        assert abs(sql[what].pop("created_at") - row.pop("created_at")) < 60_000_000
        assert sql[what] == row, what


async def test_an_id_has_the_shape_and_the_time_of_every_other(both: Both) -> None:
    ids = await both.sql.fetch(
        """SELECT beltline_submit('plain') AS id, pg_sleep(0.002) FROM generate_series(1, 20)"""
    )
    rows = await both.sql.fetch("SELECT id, created_at FROM jobs ORDER BY created_at")

    assert [row["id"] for row in rows] == sorted(row["id"] for row in ids)
    assert all(re.fullmatch(f"[{ALPHABET}]{{26}}", row["id"]) for row in rows)
    assert all(created_at(row["id"]) == row["created_at"] // 1_000 * 1_000 for row in rows)


async def test_a_payload_is_text_json_or_jsonb_and_stored_compact(both: Both) -> None:
    given = {
        """'{"b": 1.50, "a":\n[1, "x  y", {}]}'""": b'{"b":1.50,"a":[1,"x  y",{}]}',
        """'{"b": "\\u0000", "a": "ü \\" : , {"}'""": b'{"b":"\\u0000","a":"\xc3\xbc \\" : , {"}',
        """'{"a": "\\\\", "b": "\\\\\\" "}'""": b'{"a":"\\\\","b":"\\\\\\" "}',
        """json_build_object('b', 1, 'a', E'x\\n\\\\')""": b'{"b":1,"a":"x\\n\\\\"}',
        """jsonb_build_object('bb', true, 'a', null)""": b'{"a":null,"bb":true}',
        """'{"a": " "}'::varchar""": b'{"a":" "}',
    }

    stored = {text: await both.submit(f"payload => {text}", "plain") for text in given}

    assert {text: (await both.belt.get(job_id)).payload for text, job_id in stored.items()} == given


async def test_what_python_refuses_is_refused(both: Both) -> None:
    for options, given in FAULTY:
        with pytest.raises(InvalidInput):
            await both.belt.submit("resize", {"image": "a.png"}, options=JobOptions(**options))
        with pytest.raises(asyncpg.InvalidParameterValueError) as told:
            await both.submit(given)
        assert told.value.detail == "invalid_input"

    assert await both.rows() == {}


async def test_a_payload_that_is_none_is_refused(both: Both) -> None:
    large = "json_build_object('a', repeat('x', 1048576))"
    for payload in ("NULL", "'[1]'", """'{"a": }'""", "''", """'{"a": 1, "a": 2}'""", large):
        with pytest.raises(asyncpg.InvalidParameterValueError, match="payload"):
            await both.submit(f"payload => {payload}")

    assert await both.rows() == {}


async def test_all_faults_are_told_at_once(both: Both) -> None:
    with pytest.raises(asyncpg.InvalidParameterValueError) as told:
        await both.submit("payload => '[]', queue => 'a b', priority => 5000, delay => '-1 s'")

    assert str(told.value).count("\n  - ") == 4


async def test_a_definition_that_nobody_registered_is_refused(both: Both) -> None:
    with pytest.raises(asyncpg.UndefinedObjectError, match="'resizze'") as told:
        await both.submit(name="resizze")
    with pytest.raises(asyncpg.UndefinedObjectError):
        await both.submit("namespace => 'elsewhere'")

    assert (told.value.detail, "definitions apply" in told.value.hint) == ("definition_unknown", True)


async def test_a_key_or_an_id_means_the_same_job_from_both_sides(both: Both) -> None:
    for chosen, given in (
        (JobOptions(idempotency_key="k"), "idempotency_key => 'k'"),
        (JobOptions(id="mine"), "id => 'mine'"),
    ):
        first = await both.submit(given)
        again = await both.belt.submit("resize", {"image": "a.png"}, options=chosen)
        assert (again.id, again.existing, await both.submit(given)) == (first, True, first)

        with pytest.raises(BeltlineError) as told:
            await both.belt.submit("resize", {"image": "b.png"}, options=chosen)
        with pytest.raises(asyncpg.UniqueViolationError) as refused:
            await both.submit(given + """, payload => '{"image": "b.png"}'""")
        assert refused.value.detail == told.value.code

    assert len(await both.rows()) == 2


async def test_two_that_use_one_key_at_once_wait_for_each_other(both: Both) -> None:
    transaction = both.sql.transaction()
    await transaction.start()
    first = await both.submit("idempotency_key => 'k'")

    second = asyncio.create_task(
        both.belt.submit("resize", {"image": "other"}, options=JobOptions(idempotency_key="k"))
    )
    await asyncio.wait([second], timeout=0.2)
    assert not second.done()
    await transaction.commit()

    with pytest.raises(KeyReused) as told:
        await second
    assert first in str(told.value)


async def test_a_trigger_submits_with_the_row_or_not_at_all(both: Both) -> None:
    await both.sql.execute("""
        CREATE TABLE pictures (name text);
        CREATE FUNCTION resized() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM beltline_submit('resize', jsonb_build_object('image', NEW.name), priority => 2);
            RETURN NEW;
        END $$;
        CREATE TRIGGER resized AFTER INSERT ON pictures FOR EACH ROW EXECUTE FUNCTION resized();
    """)

    transaction = both.sql.transaction()
    await transaction.start()
    await both.sql.execute("INSERT INTO pictures VALUES ('gone.png')")
    await transaction.rollback()
    await both.sql.execute("INSERT INTO pictures VALUES ('a.png'), ('b.png')")

    payloads = sorted(row["payload"] for row in (await both.rows()).values())
    assert payloads == [b'{"image":"a.png"}', b'{"image":"b.png"}']


async def test_workers_are_told_when_it_is_committed(both: Both, postgres_schema_url: str) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(dsn_of(postgres_schema_url))
    channel = address_of(postgres_schema_url).channel("default")
    await listener.add_listener(channel, lambda *told: heard.append(told[3]))

    transaction = both.sql.transaction()
    await transaction.start()
    await both.submit()
    await both.submit("delay => '1 hour'")
    await listener.execute("SELECT 1")
    before = list(heard)
    await transaction.commit()
    await listener.execute("SELECT 1")
    await listener.close()

    assert (before, sorted(heard)) == ([], ["queued", "scheduled"])


async def test_a_transaction_that_is_rolled_back_leaves_no_job(both: Both) -> None:
    transaction = both.sql.transaction()
    await transaction.start()
    job_id = await both.submit("idempotency_key => 'k'")
    await transaction.rollback()

    with pytest.raises(NotFound):
        await both.belt.get(job_id)
    assert await both.sql.fetchval("SELECT count(*) FROM idempotency") == 0


async def test_a_caller_needs_no_search_path(both: Both, postgres_schema_url: str) -> None:
    schema = address_of(postgres_schema_url).schema
    await both.sql.execute("SET search_path TO pg_catalog")

    job_id = await both.sql.fetchval(
        f"SELECT {schema}.beltline_submit($1, $2, priority => $3)", "plain", '{"image": "x"}', 5
    )

    assert (await both.belt.get(job_id)).priority == 5


async def test_a_worker_ends_a_payload_that_does_not_fit_and_says_so(both: Both) -> None:
    wrong = await both.submit("payload => '{\"image\": 7}'")
    right = await both.submit()

    await Works(both.belt.store, belt=both.belt).until_idle()

    ended = [await both.belt.get(job_id) for job_id in (wrong, right)]
    assert [(job.state, job.reason) for job in ended] == [
        (JobState.FAILED, Reason.INVALID_PAYLOAD),
        (JobState.SUCCEEDED, Reason.RETURNED),
    ]
    assert ended[0].payload == b'{"image":7}'
