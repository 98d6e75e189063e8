"""Notices by mail."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from beltline.core.errors import ConfigError, InvalidInput
from beltline.definitions.notice import PATIENCE_S, Notice

SMTP_PORT: Final = 25
SMTPS_PORT: Final = 465


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """A mail to the owner.

    `server` is `smtp://host:port`, `smtps://…`, or `smtp+starttls://…`, with a user name where it wants one;
    the `password` lies at `env:NAME` or `file:/path`, and is read with each mail. `owners` says where an
    owner's mail goes; an owner that holds an @ is an address itself. A mail that is sent again has the same
    Message-ID, by which mail systems know it.

    Raises ConfigError that lists every fault.
    """

    server: str
    sender: str
    owners: Mapping[str, str] = field(default_factory=dict)
    password: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        parts = urlsplit(self.server)
        faults = []
        if parts.scheme not in {"smtp", "smtps", "smtp+starttls"} or not parts.hostname:
            faults.append("server: give smtp://host:port, smtps://… or smtp+starttls://…")
        if parts.password:
            faults.append("server: it may hold no password; say where one lies: password='env:NAME'")
        if self.password and self.password.partition(":")[0] not in {"env", "file"}:
            # What was given is not shown: it may be the password.
            faults.append("password: say where it lies, as env:NAME or file:/path")
        faults += [
            f"{what}: {address!r} is no address"
            for what, address in self._addresses()
            if not _is_address(address)
        ]
        if faults:
            raise ConfigError(faults)

    def tell(self, notice: Notice) -> None:
        """Send the mail. Raises InvalidInput where the owner has no address."""
        mail, parts = self.message(notice), urlsplit(self.server)
        host, patience = parts.hostname or "", PATIENCE_S
        if parts.scheme == "smtps":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or SMTPS_PORT, timeout=patience, context=context
            )
        else:
            server = smtplib.SMTP(host, parts.port or SMTP_PORT, timeout=patience)
        with server:
            if parts.scheme == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
            if parts.username:
                server.login(unquote(parts.username), _secret(self.password))
            server.send_message(mail)

    def message(self, notice: Notice) -> EmailMessage:
        """Return the mail. Raises InvalidInput where the owner has no address."""
        owner = notice["owner"]
        address = self.owners.get(owner, owner)
        if not _is_address(address):
            raise InvalidInput(f"the owner {owner!r} has no address; give one in owners=")
        mail = EmailMessage()
        mail["Subject"] = f"{notice['definition']} {notice['state'].replace('_', ' ')}"
        mail["From"] = self.sender
        mail["To"] = address
        mail["Message-ID"] = f"<{notice['job']}.{notice['state']}.{notice['finished_at']}@beltline>"
        mail.set_content(_text(notice))
        return mail

    def _addresses(self) -> list[tuple[str, str]]:
        return [("sender", self.sender), *((f"owners[{name!r}]", to) for name, to in self.owners.items())]


def _text(notice: Notice) -> str:
    why = f" ({notice['error']})" if notice["error"] else ""
    return (
        f"Job {notice['job']} of {notice['definition']} is {notice['state']}{why},"
        f" since {notice['finished_at']}.\n\n"
        f"    beltline explain {notice['job']}\n"
        f"    beltline jobs logs {notice['job']}\n"
    )


def _is_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and text.isprintable() and not any(char in text for char in " ,;<>")


def _secret(place: str) -> str:
    kind, _, name = place.partition(":")
    found = os.environ.get(name, "") if kind == "env" else Path(name).read_text("utf-8").strip()
    if not found:
        raise InvalidInput(f"the password is not at {place} on this machine; put it there")
    return found
