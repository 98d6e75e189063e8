"""Why a job stands as it does, from a program."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from beltline.client.port import ClientPort
from beltline.client.remote import part
from beltline.engine import explain as engine
from beltline.engine.explain import Explanation
from beltline.wire.reading_linked import explanation_of_body


def explainer(port: ClientPort) -> Callable[[str], Awaitable[Explanation]]:
    """Return the function that explains jobs of where a client is open."""

    async def explain(job_id: str) -> Explanation:
        if port.remote is None:
            return await engine.explain(port.store, port.namespace, job_id)
        return explanation_of_body(await port.remote.call("GET", f"/jobs/{part(job_id)}/explain"))

    return explain
