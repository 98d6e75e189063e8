"""A Django site with threads: each order and its job are stored in one transaction, or neither is.

    python -m tests.e2e.shop_site STORE-URL DATABASE

It prints its port and serves until its standard input ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from urllib.parse import unquote, urlsplit

import django  # type: ignore[import-untyped]
from django.conf import settings  # type: ignore[import-untyped]
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # type: ignore[import-untyped]
from django.core.wsgi import get_wsgi_application  # type: ignore[import-untyped]
from django.db import connection, transaction  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse, JsonResponse  # type: ignore[import-untyped]
from django.urls import path  # type: ignore[import-untyped]

from beltline.client.beltline import Beltline

belt = Beltline(sys.argv[1]) if __name__ == "__main__" else Beltline()


@belt.job
async def pack(order: str) -> None: ...


class QuietHandler(WSGIRequestHandler):  # type: ignore[misc]
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
        """Say nothing."""


def prices() -> dict[str, int]:
    """What the shop sells: no `bad` ones."""
    return {"good": 1}


def plain(request: HttpRequest, order: str) -> JsonResponse:
    """Submit outside any transaction."""
    return JsonResponse({"id": pack.submit_sync(order).id, "thread": threading.get_ident()})


def joined(request: HttpRequest, order: str) -> HttpResponse:
    """Store an order and submit its job; `bad` ones fail after both."""
    try:
        with transaction.atomic():
            connection.ensure_connection()
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO orders VALUES (%s)", [order])
            job = pack.options(conn=connection.connection).submit_sync(order)
            prices()[order[:4]]
    except LookupError:
        return HttpResponse(status=409)
    return JsonResponse({"id": job.id})


urlpatterns = [path("plain/<order>", plain), path("joined/<order>", joined)]


def database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///")}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": parts.username,
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname,
        "PORT": parts.port,
    }


def main() -> None:
    belt.open_sync()
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="x",
        DATABASES={"default": database(sys.argv[2])},
    )
    django.setup()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS orders (name text)")
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever).start()
    print(json.dumps({"port": server.server_port, "pid": os.getpid()}), flush=True)  # noqa: T201 - it says where it is
    sys.stdin.read()
    server.shutdown()
    server.server_close()
    belt.close_sync()


if __name__ == "__main__":
    main()
