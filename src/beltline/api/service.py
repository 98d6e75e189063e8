"""The routes beside the operations: health, metrics, the document and the page that shows it."""

from __future__ import annotations

from typing import Final, NamedTuple


class ServiceRoute(NamedTuple):
    """A GET route that belongs to no namespace."""

    name: str
    path: str
    summary: str
    media: str
    statuses: tuple[int, ...] = (200,)
    needs_key: bool = False


SERVICE: Final = (
    ServiceRoute("health", "/healthz", "Say that the process serves.", "application/json"),
    ServiceRoute(
        "readiness",
        "/readyz",
        "Say whether requests can be served: store, migrations, workers.",
        "application/json",
        (200, 503),
    ),
    ServiceRoute(
        "metrics",
        "/metrics",
        "Metrics of the process and of the key's namespace, for Prometheus.",
        "text/plain",
        (200, 401, 429),
        needs_key=True,
    ),
    ServiceRoute("document", "/openapi.json", "This document.", "application/json"),
    ServiceRoute("docs", "/docs", "The page that shows this document.", "text/html"),
    ServiceRoute("docs_script", "/docs/docs.js", "The script of that page.", "text/javascript"),
    ServiceRoute("docs_style", "/docs/docs.css", "The style of that page.", "text/css"),
)
