"""Event streams: a snapshot, then what changed, resumed where a client left off."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from beltline.store.log_lines import NewLogLine
from beltline.store.params import Progress
from tests.api.service import NAMESPACE, Service, running_service


def parsed(text: str) -> list[tuple[str, str, Any]]:
    """Return the events of a stream as (id, event, data)."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return found


async def test_a_job_is_followed_to_its_end(any_service: Service) -> None:
    job = await any_service.running()
    watching = asyncio.create_task(any_service.call("GET", f"/jobs/{job.id}/events"))
    await asyncio.sleep(0)
    await any_service.store.jobs.progress(NAMESPACE, [Progress(job.id, job.fence, 0.5, "half")])
    line = NewLogLine(job.id, 1, any_service.clock.now(), "info", "hello", "")
    await any_service.store.logs.append(NAMESPACE, [line])
    await any_service.end(job)

    async with asyncio.timeout(20):
        found = await watching

    assert found.headers["content-type"].startswith("text/event-stream")
    events = parsed(found.text)
    assert [data["state"] for _, kind, data in events if kind == "state"][-1] == "succeeded"
    assert [data["message"] for _, kind, data in events if kind == "log"] == ["hello"]
    assert events[-1][1] == "end"


async def test_a_stream_goes_on_after_the_last_event_seen(service: Service) -> None:
    job = await service.running()
    lines = [NewLogLine(job.id, 1, service.clock.now(), "info", text, "") for text in ("one", "two")]
    await service.store.logs.append(NAMESPACE, lines)
    await service.end(job)
    events = parsed((await service.call("GET", f"/jobs/{job.id}/events")).text)
    [first] = [number for number, kind, data in events if kind == "log" and data["message"] == "one"]

    resumed = parsed(
        (await service.call("GET", f"/jobs/{job.id}/events", headers={"Last-Event-ID": first})).text
    )
    nothing = parsed((await service.call("GET", f"/jobs/{job.id}/events?cursor={events[-1][0]}")).text)

    assert [(kind, data.get("message")) for _, kind, data in resumed] == [("log", "two"), ("end", None)]
    assert [kind for _, kind, _ in nothing] == ["end"]


async def test_an_unknown_cursor_begins_anew(service: Service) -> None:
    job = await service.running()
    await service.end(job)

    events = parsed((await service.call("GET", f"/jobs/{job.id}/events?cursor=what")).text)

    assert [kind for _, kind, _ in events] == ["state", "end"]


async def test_a_namespace_is_watched_until_the_service_stops(service: Service) -> None:
    await service.submit()
    service.desk.begin_stopping()

    first = parsed((await service.call("GET", "/events")).text)
    again = parsed((await service.call("GET", f"/events?cursor={first[0][0]}")).text)

    assert [(kind, data["items"][0]["queued"]) for _, kind, data in first] == [("queues", 1)]
    assert again == []


async def test_streams_are_bounded_and_counted() -> None:
    async with running_service(most_streams=0) as service:
        refused = await service.call("GET", "/events")
    async with running_service() as service:
        job = await service.running()
        await service.end(job)
        await service.call("GET", f"/jobs/{job.id}/events")
        left = service.desk.streams

    assert (refused.status_code, refused.json()["code"], left) == (429, "too_many_streams", 0)
