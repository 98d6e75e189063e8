"""The command line shows no part of a payload or result that its schema marks as secret."""

from __future__ import annotations

from typing import Final

from beltline.store.params import Definition
from tests.cli.shop import NAMESPACE, Shop, Terminal

SCHEMA: Final = """{"properties":{"password":{"type":"string","minLength":6,"writeOnly":true}}}"""
PAYLOAD: Final = '{"host":"h","password":"geheim"}'


def with_definition(shop: Shop) -> None:
    row = Definition(
        name="log-in", version="1", queue="default", schema=SCHEMA, policies=f'{{"result":{SCHEMA}}}'
    )
    shop.on_store(lambda store: store.definitions.apply(NAMESPACE, [row], store.now()))


def test_secrets_are_masked_wherever_jobs_are_shown(any_cli: Terminal, any_shop: Shop) -> None:
    with_definition(any_shop)
    done = any_cli("submit", "log-in", PAYLOAD).out.strip()
    any_shop.succeed(b'{"password":"geheim"}')
    dead = any_cli("submit", "log-in", PAYLOAD).out.strip()
    any_shop.fail()

    told = [
        any_cli("submit", "log-in", PAYLOAD, "--id", "later", "--delay", "1h", "--json"),
        any_cli("jobs", "ls", "--json"),
        any_cli("jobs", "show", done),
        any_cli("jobs", "show", done, "--json"),
        any_cli("jobs", "watch", done, "--json"),
        any_cli("dlq", "ls", "--json"),
        any_cli("dlq", "show", dead),
        any_cli("dlq", "edit", dead, PAYLOAD, "--json"),
        any_cli("dlq", "replay", dead, "--json"),
        any_cli("audit", "ls", "--json"),
    ]

    assert [ran.code for ran in told] == [0] * len(told)
    assert [number for number, ran in enumerate(told) if "geheim" in ran.out + ran.err] == []
    assert told[3].json["payload"] == {"host": "h", "password": "***"}
    assert told[3].json["result"] == {"password": "***"}
    assert any_shop.job(dead).payload == PAYLOAD.encode()


def test_the_fault_of_a_secret_does_not_repeat_it(cli: Terminal, shop: Shop) -> None:
    with_definition(shop)

    refused = cli("submit", "log-in", '{"password":"geh"}', "--json")

    assert refused.code == 2
    assert refused.error["faults"] == [
        {"path": "payload.password", "message": "*** is shorter than 6 characters"}
    ]
    assert "geh" not in refused.error["message"]
