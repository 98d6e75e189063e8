"""Settings: which source wins, and that every problem is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from beltline.config import SETTINGS, Config, ObjectsConfig, described, load, load_with_sources, masked
from beltline.core.errors import ConfigError
from beltline.core.values import Offered


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str, name: str = "beltline.toml") -> Path:
    file = Path(name)
    file.write_text(text, "utf-8")
    return file


def problems_of(
    text: str, env: dict[str, str] | None = None, flags: dict[str, object] | None = None
) -> list[str]:
    write(text)
    with pytest.raises(ConfigError) as caught:
        load(None, env or {}, flags or {})
    return list(caught.value.problems)


def test_without_any_source_the_defaults_hold() -> None:
    assert load(None, {}, {}) == Config()


def test_the_file_of_the_working_directory_is_read() -> None:
    store, retention = '[store]\nurl = "sqlite:///a.db"\n', "[retention]\ndead_days = 3\n"
    write(store + '[worker]\nlease = "1m"\nqueues = ["a", "b"]\n' + retention)

    config = load(None, {}, {})

    assert config.store.url == "sqlite:///a.db"
    assert config.worker.lease_us == 60_000_000
    assert config.worker.queues == ("a", "b")
    assert config.retention.dead_days == 3


def test_the_environment_wins_over_the_file_and_a_flag_over_both() -> None:
    write("[worker]\nconcurrency = 1\nthreads = 1\n")
    env = {"BELTLINE_WORKER_CONCURRENCY": "2", "BELTLINE_WORKER_THREADS": "2"}

    config = load(None, env, {"worker.concurrency": "3", "worker.threads": None})

    assert config.worker.concurrency == 3
    assert config.worker.threads == 2


def test_an_empty_variable_is_as_none() -> None:
    assert load(None, {"BELTLINE_STORE": "", "BELTLINE_CONFIG": ""}, {}) == Config()


def test_the_variable_names_another_file() -> None:
    write("[worker]\nconcurrency = 1\n")
    other = write("[worker]\nconcurrency = 7\n", "other.toml")

    assert load(None, {"BELTLINE_CONFIG": str(other)}, {}).worker.concurrency == 7


def test_a_path_given_wins_over_the_variable() -> None:
    one = write("[worker]\nconcurrency = 1\n", "one.toml")
    two = write("[worker]\nconcurrency = 2\n", "two.toml")

    assert load(one, {"BELTLINE_CONFIG": str(two)}, {}).worker.concurrency == 1


def test_every_setting_has_a_variable_that_works() -> None:
    values = {
        "store.url": "postgresql://me@host/db",
        "store.namespace": "shop",
        "worker.queues": "a",
        "objects.url": "s3://bucket/path",
        "objects.threshold": "8KiB",
        "objects.limit": "8 MiB",
        "worker.body_process_memory": "1Gi",
        "worker.resources": "auto,gpu=2",
        "objects.keys": "new=env:NEW, old=file:/run/old",
    }
    env = {setting.variable: values.get(setting.key, "9") for setting in SETTINGS}

    loaded = load_with_sources(None, env, {})

    assert set(loaded.sources) == {setting.key for setting in SETTINGS}
    assert loaded.config.worker.grace_us == 9_000_000
    assert loaded.config.objects == ObjectsConfig(
        url="s3://bucket/path",
        threshold=8_192,
        limit=8_388_608,
        keys=("new=env:NEW", "old=file:/run/old"),
    )


@pytest.mark.parametrize(
    ("given", "told", "offered"),
    [
        ("auto", "auto", Offered()),
        ("none", "none", Offered(is_detected=False)),
        ("everything", "everything", Offered(is_detected=False, is_everything=True)),
        ("cpu=4, memory=8Gi", "cpu=4,memory=8Gi", Offered(False, {"cpu": 4_000, "memory": 8 << 30})),
        ("auto,gpu=1", "auto,gpu=1", Offered(True, {"gpu": 1_000})),
        (
            {"cpu": 0.5, "memory": "1Gi"},
            "cpu=0.5,memory=1Gi",
            Offered(False, {"cpu": 500, "memory": 1 << 30}),
        ),
    ],
)
def test_what_a_worker_offers_is_read_and_told(given: object, told: str, offered: Offered) -> None:
    config = load(None, {}, {"worker.resources": given, "worker.tags": "eu, ssd"})

    assert (config.worker.resources, config.worker.tags) == (offered, ("eu", "ssd"))
    assert described(config)["worker.resources"] == told


@pytest.mark.parametrize(
    "given", ["cpu", "cpu=1,cpu=2", "cpu=-1", "none,cpu=1", "auto,none", 7, {"cpu": "x"}, ["cpu"]]
)
def test_what_no_worker_can_offer_is_refused(given: object) -> None:
    with pytest.raises(ConfigError, match="--resources"):
        load(None, {}, {"worker.resources": given})


@pytest.mark.parametrize("given", ["eu,,ssd", ["a b"], 7, {"eu": 1}])
def test_malformed_tags_of_a_worker_are_refused(given: object) -> None:
    with pytest.raises(ConfigError, match="--tags"):
        load(None, {}, {"worker.tags": given})


def test_the_source_that_won_is_told() -> None:
    write("[worker]\nlease = 20\n")

    sources = load_with_sources(None, {"BELTLINE_STORE": "sqlite:///x.db"}, {"worker.name": "w"}).sources

    assert sources["worker.lease"] == "beltline.toml [worker] lease"
    assert sources["store.url"] == "environment BELTLINE_STORE"
    assert sources["worker.name"] == "flag --name"


def test_every_problem_of_every_source_is_reported_at_once() -> None:
    found = problems_of(
        '[worker]\nlease = "soon"\ncolour = "red"\n[kitchen]\nsink = 1\n',
        {"BELTLINE_NAMESPACE": "no spaces", "BELTLINE_WORKER_SPEED": "9"},
        {"worker.concurrency": "many"},
    )

    assert len(found) == 6
    assert any("[worker] lease" in problem and "soon" in problem for problem in found)
    assert any("unknown key 'colour'" in problem and "concurrency" in problem for problem in found)
    assert any("unknown section or key 'kitchen'" in problem for problem in found)
    assert any(problem.startswith("environment BELTLINE_NAMESPACE") for problem in found)
    assert any(problem.startswith("environment BELTLINE_WORKER_SPEED: unknown") for problem in found)
    assert any(problem.startswith("flag --concurrency") for problem in found)


def test_a_file_that_is_no_toml_says_where() -> None:
    assert "line 1" in problems_of("worker = \n")[0]


def test_a_named_file_that_is_missing_is_a_problem() -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml"):
        load(None, {"BELTLINE_CONFIG": "gone.toml"}, {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("store.url", "mysql://host/db"),
        ("objects.url", "ftp://host/path"),
        ("objects.url", "/var/lib/objects"),
        ("objects.threshold", "1 byte"),
        ("objects.threshold", True),
        ("objects.threshold", "2MiB"),
        ("objects.limit", "2GiB"),
        ("objects.keys", "a"),
        ("objects.keys", "a=env:A,a=env:B"),
        ("objects.keys", ["a=env:A", 5]),
        ("objects.keys", []),
        ("store.url", "beltline.db"),
        ("store.url", "postgresql://host:port/db"),
        ("store.url", 5),
        ("store.namespace", ""),
        ("store.namespace", "a/b"),
        ("worker.queues", ""),
        ("worker.queues", "a,,b"),
        ("worker.queues", ["a", 1]),
        ("worker.queues", 1),
        ("worker.concurrency", 0),
        ("worker.concurrency", True),
        ("worker.concurrency", 1.5),
        ("worker.concurrency", "1e3"),
        ("worker.lease", "0s"),
        ("worker.lease", True),
        ("worker.lease", "-5s"),
        ("worker.lease", float("nan")),
        ("worker.drain", "2d"),
        ("worker.name", "line\nend"),
        ("retention.history_days", 0),
    ],
)
def test_a_value_out_of_its_range_is_refused(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match="flag --"):
        load(None, {}, {key: value})


@pytest.mark.parametrize(
    ("given", "seconds"), [(20, 20), ("20", 20), ("1m30s", 90), (2.5, 2.5), ("250ms", None)]
)
def test_a_duration_is_a_number_of_seconds_or_a_text_with_units(given: object, seconds: float | None) -> None:
    if seconds is None:
        with pytest.raises(ConfigError):
            load(None, {}, {"worker.lease": given})
    else:
        assert load(None, {}, {"worker.lease": given}).worker.lease_us == seconds * 1_000_000


def test_the_password_of_a_bad_url_is_not_told() -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {"BELTLINE_STORE": "mysql://me:s3cret@host/db"}, {})

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:s3cret@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("postgresql://me:s3/cr@et@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me@host/db?password=s3cret&schema=x", "postgresql://me@host/db?password=***&schema=x"),
        ("postgresql://me@host:5432/db", "postgresql://me@host:5432/db"),
        ("sqlite:////srv/a@b.db", "sqlite:////srv/a@b.db"),
        (
            "cannot reach 'postgresql://me:s3cret@host/db': refused",
            "cannot reach 'postgresql://me:***@host/db': refused",
        ),
    ],
)
def test_a_password_is_masked_wherever_a_url_stands(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_a_description_is_what_a_person_would_write() -> None:
    config = load(None, {"BELTLINE_STORE": "postgresql://me:s3cret@host/db"}, {"worker.lease": "1m30s"})

    found = described(config)

    assert found["worker.lease"] == "90s"
    assert found["store.url"] == "postgresql://me:***@host/db"
    assert list(found) == [setting.key for setting in SETTINGS]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("objects.url", "s3://bucket?secret_access_key=hunter2"),
        ("objects.url", "s3://me:hunter2@bucket/path"),
        ("objects.keys", "hunter2"),
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_shown(key: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {}, {key: value})

    assert "hunter2" not in str(caught.value)


def test_an_api_key_is_read_and_not_shown() -> None:
    config = load(None, {"BELTLINE_API_KEY": "belt_hunter2"}, {"store.url": "https://jobs.example"})

    assert (config.store.api_key, config.store.is_service) == ("belt_hunter2", True)
    assert described(config)["store.api_key"] == "***"
    assert "hunter2" not in repr(config)
    assert described(Config())["store.api_key"] == ""
