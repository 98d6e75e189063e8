"""The parts of jobs behind a service's URL."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

from beltline.client.parts import JobArtifact
from beltline.core.codec import dump_json
from beltline.core.durations import moment
from beltline.core.job import Attempt
from beltline.store.log_lines import LogLine

_PAGE: Final = 1_000


class RemoteParts:
    """Reads them over HTTP; `read` gets what is at a path of the namespace."""

    def __init__(self, read: Callable[[str], Awaitable[bytes]]) -> None:
        self._read = read

    async def attempts(self, job_id: str) -> list[Attempt]:
        """Read the attempts."""
        return [_attempt(item) for item in await self._items(f"{_path(job_id)}/attempts")]

    async def logs(self, job_id: str, *, after: int, limit: int) -> list[LogLine]:
        """Read lines, a page at a time."""
        lines: list[LogLine] = []
        while len(lines) < limit:
            wanted = min(_PAGE, limit - len(lines))
            query = f"after={after}&limit={wanted}&whole=true"
            page = json.loads(await self._read(f"{_path(job_id)}/logs?{query}"))
            lines += [_line(item) for item in page["items"]]
            if page["next"] is None:
                break
            after = page["next"]
        return lines

    async def artifacts(self, job_id: str) -> list[JobArtifact]:
        """Read the list."""
        return [_artifact(item) for item in await self._items(f"{_path(job_id)}/artifacts")]

    async def artifact(self, job_id: str, name: str, run: int | None) -> bytes:
        """Read a content."""
        query = "" if run is None else f"?run={run}"
        return await self._read(f"{_path(job_id)}/artifacts/{quote(name, safe='')}{query}")

    async def _items(self, path: str) -> list[Any]:
        items: list[Any] = json.loads(await self._read(path))["items"]
        return items


def _path(job_id: str) -> str:
    return f"/jobs/{quote(job_id, safe='')}"


def _attempt(item: dict[str, Any]) -> Attempt:
    ended = item["finished_at"]
    return Attempt(
        run=item["run"],
        session=item["session"],
        started_at=moment(item["started_at"]),
        finished_at=None if ended is None else moment(ended),
        outcome=item["outcome"],
        error=dump_json(item["error"]) if item["error"] else None,
        version=item["version"],
    )


def _line(item: dict[str, Any]) -> LogLine:
    fields = dump_json(item["fields"]).decode() if item["fields"] else ""
    return LogLine(item["id"], item["run"], moment(item["at"]), item["level"], item["message"], fields)


def _artifact(item: dict[str, Any]) -> JobArtifact:
    made_at = moment(item["created_at"])
    return JobArtifact(item["id"], item["run"], item["type"], item["size"], item["sha256"], made_at)
