"""Calls of receivers: bounded, never redirected, and into no network of our own."""

from __future__ import annotations

import ipaddress

import pytest

from beltline.runtime.outcomes.sender import DeliveryFailed, ReceiverGone, Sender, TargetRefused
from tests.runtime.receiver import receiving

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


async def test_a_receiver_gets_the_body_and_the_headers() -> None:
    async with receiving() as receiver:
        status = await Sender(LOOPBACK).post(receiver.url, {"webhook-id": "1"}, b"{}")

    [(headers, body)] = receiver.calls
    assert (status, body, headers["webhook-id"]) == (204, b"{}", "1")
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (b"HTTP/1.1 500 Oops\r\n\r\nno  disk\n", DeliveryFailed, "answered 500: no disk"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n", DeliveryFailed, "answered 302"),
        (b"HTTP/1.1 410 Gone\r\n\r\n", ReceiverGone, "answered 410"),
        (b"SSH-2.0-OpenSSH\r\n", DeliveryFailed, "no answer of HTTP"),
        (b"", DeliveryFailed, "127.0.0.1"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n", DeliveryFailed, "127.0.0.1"),
    ],
    ids=["error", "redirect", "gone", "other-protocol", "nothing", "endless-header"],
)
async def test_what_is_no_success_is_a_failure(answer: bytes, kind: type[Exception], said: str) -> None:
    async with receiving() as receiver:
        receiver.answer = answer

        with pytest.raises(kind, match=said):
            await Sender(LOOPBACK).post(receiver.url, {}, b"{}")

    assert len(receiver.calls) == 1


async def test_a_receiver_that_says_nothing_is_left() -> None:
    async with receiving() as receiver:
        receiver.answer = None

        with pytest.raises(DeliveryFailed, match="did not answer within"):
            await Sender(LOOPBACK, answer_s=0.05).post(receiver.url, {}, b"{}")


async def test_a_receiver_that_is_not_there_is_a_failure() -> None:
    async with receiving() as receiver:
        pass

    with pytest.raises(DeliveryFailed):
        await Sender(LOOPBACK).post(receiver.url, {}, b"{}")


async def test_our_own_networks_are_refused() -> None:
    async with receiving() as receiver:
        with pytest.raises(TargetRefused, match="no public address"):
            await Sender().post(receiver.url, {}, b"{}")
        with pytest.raises(TargetRefused):
            await Sender().post(receiver.url.replace("127.0.0.1", "localhost"), {}, b"{}")

    assert receiver.calls == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::1",
    ],
)  # fmt: skip
def test_no_such_address_may_be_reached(address: str) -> None:
    assert not Sender().may_reach(ipaddress.ip_address(address))


def test_public_addresses_and_named_networks_may_be_reached() -> None:
    sender = Sender((ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fc00::/7")))

    for address in ("93.184.215.14", "2606:2800:21f::1", "10.1.2.3", "::ffff:10.1.2.3", "fc00::5"):
        assert sender.may_reach(ipaddress.ip_address(address)), address
    assert not sender.may_reach(ipaddress.ip_address("10.2.0.1"))
