"""Calls of a service's REST routes, with repeats; errors are those of a store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final, Protocol, cast
from urllib.parse import quote

from beltline.core.codec import dump_json
from beltline.core.errors import StoreUnavailable, Unsupported
from beltline.wire.reading import error_of

TRIES: Final = 5
ANSWER_S: Final = 30.0
_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
_AGAIN: Final = frozenset({429, 502, 503, 504})


class Answer(Protocol):
    """What a call got: a status, headers and JSON."""

    status_code: int
    headers: Any
    content: bytes


class Transport:
    """The routes of one namespace behind a service's URL. Belongs to one event loop.

    A call is repeated, `tries` in all, where the service is away or busy: it must be safe to repeat.
    """

    def __init__(
        self, url: str, namespace: str, api_key: str, *, tries: int = TRIES, answer_s: float = ANSWER_S
    ) -> None:
        # Most programs have a store: they need no HTTP client.
        try:
            import httpx2  # noqa: PLC0415
        except ImportError as error:
            raise Unsupported("a service's URL needs the package httpx2: pip install httpx2") from error

        self._faults = (httpx2.TransportError,)
        self._tries = tries
        self._url = url
        self._answer_s = answer_s
        self._http = httpx2.AsyncClient(
            base_url=f"{url.rstrip('/')}/api/v1/namespaces/{quote(namespace, safe='')}",
            headers={"Authorization": f"Bearer {api_key}"},
        )

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        wait_s: float = 0.0,
    ) -> Any:  # noqa: ANN401 - any JSON value
        """Call, and return the JSON of the answer; see `content`."""
        content = await self.content(method, path, body, headers=headers, wait_s=wait_s)
        return json.loads(content) if content else None

    async def content(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        wait_s: float = 0.0,
    ) -> bytes:
        """Call; `wait_s` is how much longer than usual the answer may take.

        Raises StoreUnavailable where no answer comes, else what the same act on a store would raise.
        """
        content = None if body is None else dump_json(body)
        typed = {"Content-Type": "application/json"} if content is not None else {}
        sent = {**typed, **(headers or {})}
        fault: Exception | None = None
        answer: Answer | None = None
        for tried in range(self._tries):
            if tried:
                await asyncio.sleep(_pause(tried, answer))
            answer = None
            try:
                answer = cast(
                    "Answer",
                    await self._http.request(
                        method, path, content=content, headers=sent, timeout=self._answer_s + wait_s
                    ),
                )
            except self._faults as error:
                fault = error
                continue
            if answer.status_code not in _AGAIN:
                break
        if answer is None:
            raise StoreUnavailable(
                f"the service {self._url} cannot be reached: {fault}; try again"
            ) from fault
        if answer.status_code >= 300:  # noqa: PLR2004 - beyond the successes of HTTP
            raise error_of(answer.status_code, answer.content)
        return answer.content

    async def close(self) -> None:
        """Disconnect."""
        await self._http.aclose()


def _pause(tried: int, answer: Answer | None) -> float:
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    if asked.isdigit():
        return min(float(asked), _LONGEST_PAUSE_S)
    return min(_PAUSE_S * (1 << tried), _LONGEST_PAUSE_S)
