"""What jobs made beside their results."""

from __future__ import annotations

from beltline.store.artifact import StoredArtifact
from beltline.store.postgres.connection import Pool


class PostgresArtifacts:
    """The verbs of artifacts."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, namespace: str, artifact: StoredArtifact) -> None:
        await self._pool.run("artifact_add", namespace, *artifact)

    async def page(self, namespace: str, job_id: str) -> list[StoredArtifact]:
        return [
            StoredArtifact._make(row) for row in await self._pool.rows("artifact_page", namespace, job_id)
        ]
