"""The program in which bodies run: `python -m beltline.bodies APP PARENT CONTROL`, started by a worker.

With PIPE, BOX and TRACE in place of CONTROL it is one process for bodies, which loads the app by itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from beltline.client.beltline import Beltline
from beltline.client.loading import load_app
from beltline.config import StoreConfig
from beltline.executors.process.command import command
from beltline.executors.process.forkserver import live, serve
from beltline.store.open import store_from_url

_FORKSERVER: Final = 3


def main(arguments: Sequence[str]) -> None:
    """Be a forkserver, or a process for bodies, until the worker closes its end."""
    app, parent, *rest = arguments

    def load() -> Beltline:
        return load_app(app)

    if len(arguments) == _FORKSERVER:
        url = os.environ.get("BELTLINE_STORE", "")
        if url and not StoreConfig(url=url).is_service:
            # Made for its modules alone: a process in which a body opens the app then finds them loaded.
            store_from_url(url)
        serve(int(rest[0]), load, command(app), int(parent))
    else:
        pipe, box, trace = (int(number) for number in rest)
        live(pipe, box, trace, int(parent), load=load)


if __name__ == "__main__":
    main(sys.argv[1:])
