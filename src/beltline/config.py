"""Settings in sections. Sources: defaults < beltline.toml < environment < flags.

Every problem is reported at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from beltline.core.clock import HOUR, MICROS
from beltline.core.errors import ConfigError, InvalidInput
from beltline.core.sizes import MEBIBYTE, shown_memory
from beltline.core.values import (
    KIB,
    MIB,
    OFFERED,
    Offered,
    as_duration,
    as_items,
    as_memory,
    as_number,
    as_offered,
    as_size,
    as_tags,
    as_text,
)

DEFAULT_STORE: Final = "sqlite:///beltline.db"
DEFAULT_NAMESPACE: Final = "default"
DEFAULT_FILE: Final = "beltline.toml"
FILE_VARIABLE: Final = "BELTLINE_CONFIG"
DEFAULT: Final = "default"
LARGEST_OBJECT: Final = 1_024 * MIB
# After so many new objects a process of ours looks for garbage; Python's own 700 is meant for small programs.
COLLECT_AFTER: Final = 20_000
QUEUE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")

_SCHEMES: Final = frozenset({"sqlite", "postgresql", "postgres", "http", "https"})
_OBJECT_SCHEMES: Final = frozenset({"file", "s3", "gs", "az", "abfs", "abfss", "memory"})
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}=(env:[A-Za-z_]\w*|file:.+)")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
# From the first colon of the authority to the last @ of the word: a password may hold unescaped /, : and @.
_PASSWORD: Final = re.compile(r"(://[^:/@\s]*:)[^\s'\"]*@")
_SECRET: Final = re.compile(r"://[^/?]*:[^/?]*@|[?&][^=]*(key|secret|token|password)[^=]*=", re.IGNORECASE)
_PASSWORD_IN_QUERY: Final = re.compile(r"([?&]password=)[^&\s'\"]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig:
    """Where durable state lives, and the tenant. `api_key` opens a service whose URL stands for a store's."""

    url: str = DEFAULT_STORE
    namespace: str = DEFAULT_NAMESPACE
    api_key: str = field(default="", repr=False)

    @property
    def is_service(self) -> bool:
        """Whether the URL is that of a service."""
        return self.url.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """One worker process. Durations are microseconds.

    `concurrency` bounds the jobs in flight, `threads` those of them that run in threads, `body_processes`
    those that run in processes (None: one on each core). Such a process is replaced after
    `body_process_jobs` bodies, at the age of `body_process_age_us`, and once it keeps `body_process_memory`
    bytes more than it began with.

    A session is beaten three times in a `lease_us`; a worker unseen for a whole lease is rescued. `drain_us`:
    how long a stopping worker lets bodies end before it gives them back. `grace_us`: how long past its
    time-out a body may block the event loop before the watchdog ends the process, and how long a body in a
    process has to end once it was asked to. `resources` and `tags` are what it offers to jobs that ask;
    what is detected is shared by the `processes` of one command.
    """

    queues: tuple[str, ...] | None = None
    concurrency: int = 100
    threads: int = 16
    body_processes: int | None = None
    body_process_jobs: int = 10_000
    body_process_age_us: int = HOUR
    body_process_memory: int = 256 * MEBIBYTE
    lease_us: int = 15 * MICROS
    drain_us: int = 30 * MICROS
    grace_us: int = 5 * MICROS
    name: str = ""
    until_idle: bool = False
    resources: Offered = OFFERED
    tags: tuple[str, ...] = ()
    processes: int = 1

    @property
    def body_places(self) -> int:
        """How many bodies run in processes at once: one on each core, where nothing else is said."""
        return self.body_processes or os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionConfig:
    """How long ended jobs and the keys of the once-ledger are kept, in days, and how much of a job's log.

    Of a log its newest lines are kept.
    """

    history_days: int = 7
    dead_days: int = 90
    ledger_days: int = 90
    log_lines: int = 10_000
    log_bytes: int = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectsConfig:
    """Where payloads, results and artifacts go that are too large for a row.

    Without a `url` it is a folder beside the SQLite file; a PostgreSQL store then has no such place. What has
    more than `threshold` bytes goes there, what has more than `limit` is refused. `keys` encrypt the objects:
    each is `id=env:VARIABLE` or `id=file:PATH`; the first one is written with, all of them are read with.
    """

    url: str = ""
    threshold: int = 64 * KIB
    limit: int = 64 * MIB
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting of a process."""

    store: StoreConfig = field(default_factory=StoreConfig)
    worker: WorkerConfig = field(default_factory=WorkerConfig)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    objects: ObjectsConfig = field(default_factory=ObjectsConfig)


class Setting(NamedTuple):
    """One setting and how its value is read.

    Its key in the file is `section.name`; it fills a field and may come from a variable.
    """

    key: str
    field: str
    variable: str
    read: Callable[[object], object]

    @property
    def section(self) -> str:
        """The section of the file, which is also the field of Config."""
        return self.key.partition(".")[0]


class Given(NamedTuple):
    """A value as it was given, and by what: `default`, a file, a variable or a flag."""

    setting: Setting
    value: object
    source: str


class Loaded(NamedTuple):
    """A configuration, and for each key that was given, the source that won."""

    config: Config
    sources: Mapping[str, str]


def masked(text: str) -> str:
    """Return a text in which the passwords of URLs are replaced by asterisks."""
    return _PASSWORD_IN_QUERY.sub(r"\1***", _PASSWORD.sub(r"\1***@", text))


def load(path: Path | None, env: Mapping[str, str], flags: Mapping[str, object]) -> Config:
    """Return the configuration. `flags` holds values by key (`worker.lease`); None in it means: not given.

    The file is `path`, else the one BELTLINE_CONFIG names, else beltline.toml in the working directory where
    there is one. Raises ConfigError that lists every problem with its source.
    """
    return load_with_sources(path, env, flags).config


def load_with_sources(path: Path | None, env: Mapping[str, str], flags: Mapping[str, object]) -> Loaded:
    """Do what `load` does, and say where each value comes from."""
    problems: list[str] = []
    given = [*_from_file(path, env, problems), *_from_env(env, problems), *_from_flags(flags)]
    values: dict[str, dict[str, object]] = {section: {} for section in _SECTIONS}
    sources: dict[str, str] = {}
    for setting, value, source in given:
        try:
            values[setting.section][setting.field] = setting.read(value)
        except (InvalidInput, ValueError) as error:
            problems.append(f"{source}: {masked(str(error))}")
        sources[setting.key] = source
    if problems:
        raise ConfigError(problems)
    empty = Config()
    config = Config(
        store=replace(empty.store, **values["store"]),  # type: ignore[arg-type]
        worker=replace(empty.worker, **values["worker"]),  # type: ignore[arg-type]
        retention=replace(empty.retention, **values["retention"]),  # type: ignore[arg-type]
        objects=replace(empty.objects, **values["objects"]),  # type: ignore[arg-type]
    )
    return Loaded(config, sources)


def described(config: Config) -> Mapping[str, object]:
    """Return every setting by key, as a person writes it.

    Durations in seconds, the password of the URL masked.
    """
    found: dict[str, object] = {}
    for setting in SETTINGS:
        value = getattr(getattr(config, setting.section), setting.field)
        if setting.field.endswith("_us"):
            value = f"{value / MICROS:g}s"
        elif setting.field.endswith("memory"):
            value = shown_memory(value)
        elif isinstance(value, Offered):
            value = str(value)
        elif isinstance(value, tuple):
            value = list(value)
        elif setting.field == "api_key":
            value = "***" if value else ""
        found[setting.key] = masked(value) if isinstance(value, str) else value
    return found


def _from_file(path: Path | None, env: Mapping[str, str], problems: list[str]) -> Iterator[Given]:
    named = path or (Path(env[FILE_VARIABLE]) if env.get(FILE_VARIABLE) else None)
    file = named or Path(DEFAULT_FILE)
    if named is None and not file.exists():
        return
    import tomllib  # noqa: PLC0415 - most programs have no file, and every `import beltline` would pay for it

    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        problems.append(f"{file}: cannot be read: {error.strerror}; name another file in {FILE_VARIABLE}")
        return
    except ValueError as error:
        problems.append(f"{file}: this is not TOML: {error}")
        return
    known = {setting.key: setting for setting in SETTINGS}
    for section, entries in content.items():
        if not isinstance(entries, dict) or section not in _SECTIONS:
            problems.append(f"{file}: unknown section or key {section!r}; sections are {_listed(_SECTIONS)}")
            continue
        for name, value in entries.items():
            setting = known.get(f"{section}.{name}")
            if setting is None:
                names = [key.partition(".")[2] for key in known if key.startswith(f"{section}.")]
                problems.append(f"{file}: unknown key {name!r} in [{section}]; known are {_listed(names)}")
            else:
                yield Given(setting, value, f"{file} [{section}] {name}")


def _from_env(env: Mapping[str, str], problems: list[str]) -> Iterator[Given]:
    known = {setting.variable: setting for setting in SETTINGS}
    for variable in sorted(env):
        if variable in known and not env[variable]:
            continue
        if variable in known:
            yield Given(known[variable], env[variable], f"environment {variable}")
        elif variable.startswith(tuple(f"BELTLINE_{section.upper()}_" for section in _SECTIONS)):
            problems.append(f"environment {variable}: unknown variable; known are {_listed(known)}")


def _from_flags(flags: Mapping[str, object]) -> Iterator[Given]:
    for setting in SETTINGS:
        value = flags.get(setting.key)
        if value is not None:
            flag = (
                "--store"
                if setting.key == "store.url"
                else "--" + setting.key.partition(".")[2].replace("_", "-")
            )
            yield Given(setting, value, f"flag {flag}")


def _listed(names: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(sorted(names))


def _url(value: object) -> str:
    text = as_text(value)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not a URL: {error}; use {DEFAULT_STORE} or postgresql://user@host/database"
        ) from error
    if parts.scheme not in _SCHEMES or "://" not in text:
        raise ValueError(f"{text!r} is not a store; use {DEFAULT_STORE} or postgresql://user@host/database")
    return text


def _objects_url(value: object) -> str:
    text = as_text(value)
    if _SECRET.search(text):
        raise ValueError("this URL holds credentials; leave them out and give them in the environment")
    if urlsplit(text).scheme not in _OBJECT_SCHEMES or "://" not in text:
        raise ValueError(
            f"{text!r} is no place for objects; use file:///folder, s3://bucket/path, gs://bucket/path or"
            " az://container/path"
        )
    return text


def _keys(value: object) -> tuple[str, ...]:
    """A list in the file, a text with commas elsewhere. No message shows it: it may hold a key by mistake."""
    items: Sequence[object] = value.split(",") if isinstance(value, str) else as_items(value)
    keys = tuple(item.strip() for item in items if isinstance(item, str))
    ids = [key.partition("=")[0] for key in keys]
    if not keys or len(keys) != len(items) or not all(map(_KEY.fullmatch, keys)) or len(set(ids)) < len(ids):
        raise ValueError(
            "this is no list of keys, each with an id of its own, like 2026=env:NEW_KEY,2025=file:/run/old"
        )
    return keys


def _namespace(value: object) -> str:
    text = as_text(value)
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"{text!r} is not a namespace; use 1 to 63 letters, digits and . _ -, a letter or digit first"
        )
    return text


def _queues(value: object) -> tuple[str, ...]:
    """A list in the file, a text with commas elsewhere."""
    items: Sequence[object] = value.split(",") if isinstance(value, str) else as_items(value)
    names = tuple(item.strip() for item in items if isinstance(item, str))
    if not names or len(names) != len(items) or not all(map(QUEUE_NAME.fullmatch, names)):
        raise ValueError(
            f"{value!r} is no list of queue names (letters, digits and . _ : / @ -) like images,mails"
        )
    return tuple(dict.fromkeys(names))


_SECTIONS: Final = ("store", "worker", "retention", "objects")
_DAY: Final = 86_400

SETTINGS: Final = (
    Setting("store.url", "url", "BELTLINE_STORE", _url),
    Setting("store.namespace", "namespace", "BELTLINE_NAMESPACE", _namespace),
    Setting("store.api_key", "api_key", "BELTLINE_API_KEY", as_text),
    Setting("worker.queues", "queues", "BELTLINE_WORKER_QUEUES", _queues),
    Setting("worker.concurrency", "concurrency", "BELTLINE_WORKER_CONCURRENCY", as_number(1, 10_000)),
    Setting("worker.threads", "threads", "BELTLINE_WORKER_THREADS", as_number(1, 1_000)),
    Setting("worker.body_processes", "body_processes", "BELTLINE_WORKER_BODY_PROCESSES", as_number(1, 1_000)),
    Setting(
        "worker.body_process_jobs",
        "body_process_jobs",
        "BELTLINE_WORKER_BODY_PROCESS_JOBS",
        as_number(1, 1_000_000_000),
    ),
    Setting(
        "worker.body_process_age",
        "body_process_age_us",
        "BELTLINE_WORKER_BODY_PROCESS_AGE",
        as_duration(1, 366 * _DAY),
    ),
    Setting(
        "worker.body_process_memory",
        "body_process_memory",
        "BELTLINE_WORKER_BODY_PROCESS_MEMORY",
        as_memory,
    ),
    Setting("worker.lease", "lease_us", "BELTLINE_WORKER_LEASE", as_duration(1, 3_600)),
    Setting("worker.drain", "drain_us", "BELTLINE_WORKER_DRAIN", as_duration(0, _DAY)),
    Setting("worker.grace", "grace_us", "BELTLINE_WORKER_GRACE", as_duration(0, 3_600)),
    Setting("worker.name", "name", "BELTLINE_WORKER_NAME", as_text),
    Setting("worker.resources", "resources", "BELTLINE_WORKER_RESOURCES", as_offered),
    Setting("worker.tags", "tags", "BELTLINE_WORKER_TAGS", as_tags),
    Setting(
        "retention.history_days", "history_days", "BELTLINE_RETENTION_HISTORY_DAYS", as_number(1, 36_500)
    ),
    Setting("retention.dead_days", "dead_days", "BELTLINE_RETENTION_DEAD_DAYS", as_number(1, 36_500)),
    Setting("retention.ledger_days", "ledger_days", "BELTLINE_RETENTION_LEDGER_DAYS", as_number(1, 36_500)),
    Setting("retention.log_lines", "log_lines", "BELTLINE_RETENTION_LOG_LINES", as_number(1, 1_000_000)),
    Setting("retention.log_bytes", "log_bytes", "BELTLINE_RETENTION_LOG_BYTES", as_number(1, 2**30)),
    Setting("objects.url", "url", "BELTLINE_OBJECTS", _objects_url),
    Setting("objects.threshold", "threshold", "BELTLINE_OBJECTS_THRESHOLD", as_size(KIB, MIB)),
    Setting("objects.limit", "limit", "BELTLINE_OBJECTS_LIMIT", as_size(MIB, LARGEST_OBJECT)),
    Setting("objects.keys", "keys", "BELTLINE_OBJECTS_KEYS", _keys),
)
