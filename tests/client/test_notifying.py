"""Owners hear of their jobs: once for each outcome, by a job that is retried like any other."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beltline import Beltline, Context, Retry
from beltline.core.errors import ConfigError
from beltline.core.states import JobState
from beltline.definitions.mail import Email
from beltline.definitions.notice import Command, LogLine, Notice, Notifier
from beltline.testing.kit import Kit
from tests.client.mailbox import Mailbox


def house(notifier: Notifier, **options: Any) -> tuple[Beltline, Callable[..., Any]]:
    """A Beltline that tells owners, and a job of media's that fails where it is told to."""
    belt = Beltline()
    belt.notify(notifier, **options)

    @belt.job(owner="media", retry=Retry(max_attempts=1))
    async def resize(*, fail: bool = True) -> None:
        if fail:
            raise ValueError("the token is hunter2")

    return belt, resize.submit


async def test_an_owner_gets_one_mail_for_each_outcome() -> None:
    async with Mailbox().open() as mailbox:
        email = Email(server=mailbox.url, sender="belt@house", owners={"media": "media@house"})
        belt, submit = house(email)
        async with Kit(belt) as kit:
            job = await submit()
            await submit(fail=False)
            await kit.drain()
            await kit.drain()

    [mail] = mailbox.mails
    assert mail["Subject"] == "resize failed"
    assert (mail["From"], mail["To"]) == ("belt@house", "media@house")
    assert str(mail["Message-ID"]).startswith(f"<{job.id}.failed.")
    text = str(mail.get_payload())
    assert "ValueError" in text
    assert f"beltline explain {job.id}" in text
    assert "hunter2" not in text


async def test_a_mail_server_that_is_away_is_tried_again() -> None:
    async with Mailbox(refusals=2).open() as mailbox:
        belt, submit = house(Email(server=mailbox.url, sender="belt@house", owners={"media": "m@house"}))
        async with Kit(belt) as kit:
            await submit()
            await kit.drain()
            before = len(mailbox.mails)
            await kit.advance("10m")
            [told] = await kit.jobs("notify")

    assert (before, len(mailbox.mails)) == (0, 1)
    assert (told.state, told.attempts_used) == (JobState.SUCCEEDED, 3)


async def test_an_owner_without_an_address_is_a_dead_letter_that_says_so() -> None:
    belt, submit = house(Email(server="smtp://127.0.0.1:1", sender="belt@house"))

    async with Kit(belt) as kit:
        await submit()
        await kit.drain()
        [told] = await kit.jobs("notify")

    assert told.state is JobState.FAILED
    assert told.error is not None
    assert b"the owner 'media' has no address; give one in owners=" in told.error


async def test_a_password_is_read_when_it_is_needed_and_is_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "s3cret")
    async with Mailbox(wants_login=True).open() as mailbox:
        server = mailbox.url.replace("//", "//belt@")
        email = Email(server=server, sender="b@h", owners={"media": "m@h"}, password="env:MAIL_PASSWORD")
        belt, submit = house(email)
        async with Kit(belt) as kit:
            await submit()
            await kit.drain()
            [told] = await kit.jobs("notify")

    assert mailbox.logins == [b"\0belt\0s3cret"]
    assert b"s3cret" not in told.payload
    assert "s3cret" not in repr(email)


async def test_a_batch_tells_its_owner_once_and_its_children_tell_nobody() -> None:
    told: list[Notice] = []

    class Kept:
        def tell(self, notice: Notice) -> None:
            told.append(notice)

    belt = Beltline()
    belt.notify(Kept(), on="finished")

    @belt.job(owner="media")
    async def page(number: int) -> int:
        return number

    @belt.job(owner="media")
    async def book(ctx: Context, pages: int) -> None:
        for number in range(pages):
            await ctx.submit(page, number)

    async with Kit(belt) as kit:
        await book.submit(pages=3)
        await kit.drain()

    assert [(each["definition"], each["state"]) for each in told] == [("book", "succeeded")]


async def test_a_program_gets_the_notice(tmp_path: Path) -> None:
    out = tmp_path / "notice.json"
    code = f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read())"
    belt, submit = house(Command(arguments=[sys.executable, "-c", code]))

    async with Kit(belt) as kit:
        job = await submit()
        await kit.drain()

    notice = json.loads(out.read_text("utf-8"))
    assert (notice["job"], notice["owner"], notice["state"]) == (job.id, "media", "failed")


async def test_a_line_in_the_log_is_a_notice_too(caplog: pytest.LogCaptureFixture) -> None:
    belt, submit = house(LogLine())

    with caplog.at_level(logging.WARNING, "beltline.notice"):
        async with Kit(belt) as kit:
            job = await submit()
            await kit.drain()

    assert f"media: job {job.id} of resize is failed ValueError" in caplog.text


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"server": "mail"}, "give smtp://host:port"),
        ({"server": "smtp://ann:hunter2@mail"}, "may hold no password"),
        ({"password": "hunter2"}, "say where it lies"),
        ({"sender": "nobody"}, "sender: 'nobody' is no address"),
        ({"owners": {"media": "a@b\nBcc: c@d"}}, "owners\\['media'\\]"),
    ],
)
def test_an_email_that_cannot_be_is_refused(given: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault) as refused:
        Email(**{"server": "smtp://mail:25", "sender": "belt@house", **given})

    assert "hunter2" not in str(refused.value)
