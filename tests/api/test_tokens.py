"""Tokens of an OpenID Connect issuer in place of API keys."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from beltline.api.tokens import LARGEST_KEYS, Issuer, Tokens
from beltline.core.clock import MICROS, MINUTE
from beltline.core.errors import ConfigError
from tests.api.service import NAMESPACE, Service, running_service
from tests.clocks import FakeClock
from tests.listening import listening

KEY = ECKey.generate_key("P-256", auto_kid=True)
OTHER = RSAKey.generate_key(2_048, auto_kid=True)
ISSUER, AUDIENCE = "https://id.example", "beltline"


def claims(clock: FakeClock, **changes: Any) -> dict[str, Any]:
    now = clock.now() // MICROS
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ada",
        "exp": now + 300,
        "beltline": {NAMESPACE: "operator", "else": "viewer"},
        **changes,
    }


def signed(given: dict[str, Any], key: ECKey | RSAKey = KEY, **header: str) -> str:
    algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
    return jwt.encode({"alg": algorithm, "kid": key.kid, **header}, given, key)


@asynccontextmanager
async def opened(tmp_path: Path, keys: str | None = None) -> AsyncIterator[Service]:
    """Yield a service that finds the keys of its issuer in a file, or at a URL."""
    clock = FakeClock()
    file = tmp_path / "jwks.json"
    write(file, KEY)
    tokens = Tokens(Issuer(issuer=ISSUER, audience=AUDIENCE, keys=keys or str(file)), clock=clock)
    await tokens.check()
    async with running_service(tokens=tokens, clock=clock) as service:
        yield service


@asynccontextmanager
async def published(file: Path) -> AsyncIterator[str]:
    """Yield the URL at which an issuer shows the keys in a file; without the file it is out of order."""

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_shown(file))
        await writer.drain()

    async with listening(answered) as port:
        yield f"http://127.0.0.1:{port}/jwks.json"


def _shown(file: Path) -> bytes:
    """Return the answer of HTTP that shows a file."""
    status, body = (b"200 OK", file.read_bytes()) if file.exists() else (b"503 Unavailable", b"{}")
    head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body))
    return head + body


def write(file: Path, *keys: Any) -> None:
    file.write_text(json.dumps(KeySet(list(keys)).as_dict(private=False)))


async def status(
    service: Service, token: str, method: str = "GET", path: str = "/jobs", **options: Any
) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    found = await service.call(method, path, options.get("body"), headers=headers, **options.get("at", {}))
    return found.status_code


async def test_a_token_gives_the_role_of_its_claim(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        token = signed(claims(service.clock))
        body = {"definition": "mail"}

        assert await status(service, token, "POST", "/jobs", body=body) == 201
        assert await status(service, token, "GET", "/api-keys") == 403
        assert await status(service, token, at={"namespace": "else"}) == 200
        assert await status(service, token, "POST", "/jobs", body=body, at={"namespace": "else"}) == 403
        assert await status(service, token, at={"namespace": "third"}) == 403
        [job] = (await service.call("GET", "/jobs")).json()["items"]

    assert job["actor"] == "oidc:ada"


async def test_a_bad_token_opens_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        good = claims(service.clock)
        now = service.clock.now() // MICROS
        head, body, mark = signed(good).split(".")
        forged = json.loads(base64.urlsafe_b64decode(body + "=="))
        forged["beltline"] = {NAMESPACE: "admin"}
        altered = _part(forged)
        bad = {
            "another issuer": signed({**good, "iss": "https://evil.example"}),
            "another audience": signed({**good, "aud": "shop"}),
            "expired": signed({**good, "exp": now - 60}),
            "no expiry": signed({name: value for name, value in good.items() if name != "exp"}),
            "no subject": signed({name: value for name, value in good.items() if name != "sub"}),
            "no claim": signed({name: value for name, value in good.items() if name != "beltline"}),
            "an unknown role": signed({**good, "beltline": {NAMESPACE: "king"}}),
            "a list of roles": signed({**good, "beltline": ["admin"]}),
            "another key": signed(good, OTHER),
            "a key in disguise": signed(good, ECKey.generate_key("P-256"), kid=KEY.kid or ""),
            "altered": f"{head}.{altered}.{mark}",
            "no signature": f"{_none(good)}.",
            "the public key as a secret": _shared(good),
            "too long": signed({**good, "x": "x" * 20_000}),
            "no token": "a.b.c",
        }

        found = {what: await status(service, token) for what, token in bad.items()}

    assert found == dict.fromkeys(bad, 401)


async def test_new_keys_are_found_and_old_ones_forgotten(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        write(tmp_path / "jwks.json", OTHER)

        at_once = await status(service, signed(claims(service.clock), OTHER))
        service.clock.advance(MINUTE)
        later = await status(service, signed(claims(service.clock), OTHER))
        old = await status(service, signed(claims(service.clock)))

    assert (at_once, later, old) == (401, 200, 401)


async def test_keys_stay_known_while_the_issuer_is_away(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        (tmp_path / "jwks.json").unlink()
        service.clock.advance(11 * MINUTE)

        assert await status(service, signed(claims(service.clock))) == 200


async def test_keys_are_read_from_a_url_and_renewed_there(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    async with published(file) as url, opened(tmp_path, url) as service:
        known = await status(service, signed(claims(service.clock)))
        write(file, OTHER)
        service.clock.advance(MINUTE)
        renewed = await status(service, signed(claims(service.clock), OTHER))
        old = await status(service, signed(claims(service.clock)))
        file.unlink()
        service.clock.advance(11 * MINUTE)
        away = await status(service, signed(claims(service.clock), OTHER))

    assert (known, renewed, old, away) == (200, 200, 401, 200)


async def test_a_url_without_keys_is_refused_at_the_start(tmp_path: Path) -> None:
    async with published(tmp_path / "none") as url:
        issuer = Issuer(issuer=ISSUER, audience=AUDIENCE, keys=url)

        with pytest.raises(ConfigError, match=r"no keys.*503"):
            await Tokens(issuer, clock=FakeClock()).check()


@pytest.mark.parametrize("is_url", [True, False], ids=["url", "file"])
async def test_keys_that_are_far_too_long_are_refused_at_the_start(tmp_path: Path, is_url: bool) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(KeySet([KEY]).as_dict(private=False)) + " " * LARGEST_KEYS)
    async with published(file) as url:
        issuer = Issuer(issuer=ISSUER, audience=AUDIENCE, keys=url if is_url else str(file))

        with pytest.raises(ConfigError, match=r"no keys.*more than 1,048,576 bytes"):
            await Tokens(issuer, clock=FakeClock()).check()


async def test_an_issuer_without_keys_is_refused_at_the_start(tmp_path: Path) -> None:
    issuer = Issuer(issuer=ISSUER, audience=AUDIENCE, keys=str(tmp_path / "none"))

    with pytest.raises(ConfigError, match="no keys"):
        await Tokens(issuer, clock=FakeClock()).check()


def _none(given: dict[str, Any]) -> str:
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(given)}"


def _shared(given: dict[str, Any]) -> str:
    """Sign with the public key, as if it were a secret that both sides share."""
    text = f"{_part({'alg': 'HS256', 'kid': KEY.kid})}.{_part(given)}"
    mark = hmac.digest(KEY.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
