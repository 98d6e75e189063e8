"""`beltline subscriptions`."""

from __future__ import annotations

from tests.cli.shop import Terminal

URL = "https://shop.example/hooks"


def test_a_subscription_is_made_listed_steered_and_removed(any_cli: Terminal) -> None:
    asked = ["--event", "failed", "--definition", "mail", "--label", "a=1"]
    made = any_cli("subscriptions", "create", URL, *asked, "--json").json

    assert made["secret"].startswith("whsec_")
    assert (made["url"], made["events"], made["definition"], made["labels"]) == (
        URL,
        ["failed"],
        "mail",
        {"a": "1"},
    )
    assert any_cli("subscriptions", "pause", made["id"], "--json").json["state"] == "paused"
    assert any_cli("subscriptions", "resume", made["id"]).code == 0
    rotated = any_cli("subscriptions", "rotate", made["id"], "--overlap", "1h", "--json").json
    [listed] = any_cli("subscriptions", "ls", "--json").json["items"]
    assert rotated["secret"] != made["secret"]
    assert "secret" not in listed
    assert listed["old_secret_until"] is not None
    any_cli("subscriptions", "delete", made["id"], "--why", "moved")
    assert any_cli("subscriptions", "ls", "--json").json["items"] == []


def test_a_secret_may_lie_elsewhere(any_cli: Terminal) -> None:
    said = any_cli("subscriptions", "create", URL, "--secret", "env:SHOP_HOOK")
    subscription_id = said.out.strip()
    rotated = any_cli("subscriptions", "rotate", subscription_id, "--secret", "file:/run/hook", "--json").json

    assert "whsec_" not in said.out + said.err
    assert "env:SHOP_HOOK" in said.err
    assert (rotated["id"], rotated["secret_at"]) == (subscription_id, "file:/run/hook")
    assert any_cli("subscriptions", "create", URL, "--secret", "hunter2").code == 2


def test_the_secret_alone_goes_to_standard_output(cli: Terminal) -> None:
    said = cli("subscriptions", "create", URL)

    assert said.out.strip().startswith("whsec_")
    assert len(said.out.split()) == 1
    assert URL in cli("subscriptions", "ls").out


def test_a_test_is_a_job_whose_label_names_the_subscription(cli: Terminal) -> None:
    made = cli("subscriptions", "create", URL, "--json").json

    job_id = cli("subscriptions", "test", made["id"]).out.strip()

    [job] = cli("jobs", "ls", "--label", f"subscription={made['id']}", "--json").json["items"]
    assert (job["id"], job["definition"]) == (job_id, "beltline.webhook")


def test_bad_subscriptions_are_refused(cli: Terminal) -> None:
    assert cli("subscriptions", "create", "ftp://x").code == 2
    assert cli("subscriptions", "create", URL, "--event", "queued").code == 2
    assert cli("subscriptions", "test", "none").code == 3
    assert cli("subscriptions", "delete", "none").code == 3
