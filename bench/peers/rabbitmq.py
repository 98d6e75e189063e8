"""A RabbitMQ of our own, with its port mapper: both end with us."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

START_S: Final = 180.0
# Debian's program on PATH changes to a user of its own and writes to /var; the one it calls does not.
_PLAIN: Final = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@contextmanager
def rabbitmq_server() -> Iterator[str]:
    """Start a server in a folder of its own, yield its URL, end it and remove the folder.

    Raises FileNotFoundError where there is none, TimeoutError where it does not start.
    """
    found = shutil.which("rabbitmq-server")
    binary = str(_PLAIN) if _PLAIN.exists() else found
    mapper = shutil.which("epmd")
    if binary is None or mapper is None:
        raise FileNotFoundError("no rabbitmq-server (with Erlang's epmd) on PATH")
    with tempfile.TemporaryDirectory(prefix="beltline-rabbitmq-") as folder:
        ports = [_free_port() for _ in range(3)]
        environment = _environment(Path(folder), ports)
        with Path(folder, "log").open("wb") as log:
            processes = [
                subprocess.Popen(
                    command,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for us; we end the server ourselves
                )
                for command in ([mapper, "-port", str(ports[2])], [binary])
            ]
            try:
                _await(ports[0], processes[1], Path(folder, "log"))
                yield f"amqp://guest:guest@127.0.0.1:{ports[0]}/%2F"
            finally:
                for process in reversed(processes):
                    process.terminate()
                    process.wait()


def _environment(folder: Path, ports: list[int]) -> Mapping[str, str]:
    (folder / "plugins").write_text("[].\n", "utf-8")
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{ports[0]}\n", "utf-8")
    return {
        **os.environ,
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(ports[2]),
        "RABBITMQ_NODENAME": f"beltline{ports[0]}@localhost",
        "RABBITMQ_NODE_PORT": str(ports[0]),
        "RABBITMQ_DIST_PORT": str(ports[1]),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "logs"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
    }


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                # A broker that is ready answers a foreign protocol with its own header.
                connection.settimeout(2)
                connection.sendall(b"AMQP\x00\x00\x00\x00")
                if connection.recv(4) == b"AMQP":
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"RabbitMQ did not start; its log ends: {log.read_text('utf-8', 'replace')[-500:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
