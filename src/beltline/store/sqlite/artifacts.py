"""What jobs made beside their results."""

from __future__ import annotations

from beltline.store.artifact import StoredArtifact
from beltline.store.sqlite.transaction import Gate


class SqliteArtifacts:
    """The verbs of artifacts."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def add(self, namespace: str, artifact: StoredArtifact) -> None:
        parameters = {"namespace": namespace, **artifact._asdict()}
        await self._gate.write(lambda transaction: transaction.changed("artifact_add", parameters))

    async def page(self, namespace: str, job_id: str) -> list[StoredArtifact]:
        parameters = {"namespace": namespace, "job_id": job_id}
        rows = await self._gate.read(
            lambda transaction: transaction.run("artifact_page", parameters).fetchall()
        )
        return [StoredArtifact._make(row) for row in rows]
