"""`python -m examples.demo [--store URL] [--folder FOLDER]`: the main job on real input."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
from pathlib import Path

from examples.demo.inputs import Folder
from examples.stage.console import shown, stdout, tell
from examples.stage.shipped import MissingPackage


def main() -> int:
    """Run the demo and return its exit code: 0 all well, 1 a check failed, 2 it could not start."""
    options = _options()
    folder = Folder(options.folder.resolve())
    os.environ["BELTLINE_STORE"] = options.store or f"sqlite:///{shown(folder.store)}"
    os.environ["BELTLINE_NAMESPACE"] = f"demo-{secrets.token_hex(3)}"
    console = stdout()
    try:
        folder.prepare()
        # The app reads its store and namespace when it is imported.
        from examples.demo.run import run  # noqa: PLC0415

        return asyncio.run(run(folder, console))
    except MissingPackage as error:
        tell(console, f"demo: {error}")
        return 2
    except (KeyboardInterrupt, asyncio.CancelledError):
        tell(console, "demo: stopped; the workers are stopped too")
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=__doc__)
    parser.add_argument(
        "--store",
        default=os.environ.get("STORE"),
        help="store URL (else STORE, else a SQLite file in the folder)",
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("demo-out"), help="where to write (default: demo-out)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
