"""`beltline jobs`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from functools import partial

import pytest

from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import WORDS, Reason
from beltline.core.states import JobState
from beltline.store.contract import Store
from beltline.store.params import Progress
from beltline.store.steps import NewPosition, NewStep, RecordSteps, SavePositions
from tests.cli.shop import NAMESPACE, Shop, Terminal
from tests.cli.teletype import on_terminal
from tests.waiting import eventually_async


def submit(cli: Terminal, *words: str) -> str:
    return cli("submit", "resize", *words).out.strip()


def test_a_list_is_newest_first_and_counts_all(any_cli: Terminal) -> None:
    ids = [submit(any_cli) for _ in range(3)]

    page = any_cli("jobs", "ls", "--limit", "2", "--json").json
    rest = any_cli("jobs", "ls", "--limit", "2", "--before", page["next"], "--json").json

    assert [job["id"] for job in page["items"] + rest["items"]] == ids[::-1]
    assert page["total"] == 3
    assert rest["next"] is None


def test_a_list_is_filtered(cli: Terminal, shop: Shop) -> None:
    done = submit(cli)
    shop.succeed()
    labelled = submit(cli, "--label", "customer=42", "--queue", "bulk")
    held = cli("submit", "hold", '{"seconds": 1.0}').out.strip()

    def ids(*words: str) -> list[str]:
        return [job["id"] for job in cli("jobs", "ls", *words, "--json").json["items"]]

    assert ids("--state", "succeeded") == [done]
    assert ids("--state", "succeeded", "--state", "queued") == [held, labelled, done]
    assert ids("--label", "customer=42") == [labelled]
    assert ids("--queue", "bulk") == [labelled]
    assert ids("--definition", "hold") == [held]
    assert ids("--sort", "finished") == [done]
    assert ids("--sort", "created", "--limit", "2") == [held, labelled]
    assert ids("--since", "2020-01-01T00:00:00Z") == [held, labelled, done]
    assert ids("--until", "2020-01-01T00:00:00Z") == []
    assert ids("--owner", "nobody") == []
    assert ids("--error", "3f9a0c11d2be") == []


def test_a_list_for_a_pipe_is_aligned_text_without_decoration(cli: Terminal) -> None:
    job_id = submit(cli)

    head, row = cli("jobs", "ls").lines

    assert head.split() == ["ID", "STATE", "REASON", "DEFINITION", "QUEUE", "ATTEMPTS", "CREATED", "TOOK"]
    assert row.split()[:4] == [job_id, "queued", "submitted", "resize"]
    assert row.index("queued") == head.index("STATE")
    assert row.isascii()


def test_a_list_on_a_terminal_is_drawn(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)

    code, said = on_terminal(shop.url, "jobs", "ls")

    assert code == 0
    assert job_id in said
    assert "\x1b[" in said
    assert "─" in said


def test_an_empty_list_says_so_beside_the_pipe(cli: Terminal) -> None:
    ran = cli("jobs", "ls")

    assert (ran.out, ran.err) == ("", "no jobs\n")


def test_a_further_page_is_announced(cli: Terminal) -> None:
    for _ in range(2):
        submit(cli)

    assert "1 of 2; go on with --before" in cli("jobs", "ls", "--limit", "1").err


@pytest.mark.parametrize(
    "words", [("--state", "lost"), ("--limit", "0"), ("--limit", "x"), ("--label", "x")], ids=" ".join
)
def test_a_wrong_filter_is_a_usage_error(words: tuple[str, ...], cli: Terminal) -> None:
    assert cli("jobs", "ls", *words).code == 2


def test_show_tells_everything(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli, '{"width": 13}', "--label", "customer=42", "--key", "k")
    shop.fail()

    text = cli("jobs", "show", job_id).out

    for part in (
        job_id,
        "failed",
        WORDS[Reason.NOT_RETRYABLE],
        "customer=42",
        "ValueError",
        "bad luck",
        "fingerprint",
        "RUN",
        "session-1",
        '"width": 13',
    ):
        assert part in text


def test_show_keeps_foreign_control_codes_from_the_terminal(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    shop.fail()

    text = cli("jobs", "show", job_id).out

    assert "\x1b[31m" not in text
    assert "\\x1b[31m bad luck" in text


def test_show_cuts_what_is_long_unless_asked_for_all(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    shop.succeed(json.dumps("x" * 5_000).encode())

    assert "--full" in cli("jobs", "show", job_id).out
    assert "x" * 5_000 in cli("jobs", "show", job_id, "--full").out
    assert cli("jobs", "show", job_id, "--json").json["result"] == "x" * 5_000


def test_show_as_json_has_values_times_and_attempts(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = submit(any_cli, '{"width": 64}')
    any_shop.succeed()

    job = any_cli("jobs", "show", job_id, "--json").json

    assert (job["id"], job["state"], job["reason"]) == (job_id, "succeeded", "returned")
    assert job["payload"] == {"width": 64}
    assert job["result"] == {"width": 256}
    assert job["finished_at"].endswith("Z")
    assert [attempt["outcome"] for attempt in job["attempts"]] == ["returned"]
    assert job["reason_text"] == WORDS[Reason.RETURNED]


def remember(shop: Shop, job: ClaimedJob) -> None:
    """Keep a step with a long result and a position."""

    async def work(store: Store) -> None:
        step = NewStep(job.id, job.fence, "pay", json.dumps({"receipt": "x" * 500}).encode())
        position = NewPosition(job.id, job.fence, "rows", b'{"id":7}')
        await store.steps.record(RecordSteps(namespace=NAMESPACE, steps=[step], now=store.now()))
        await store.steps.save(SavePositions(namespace=NAMESPACE, positions=[position], now=store.now()))

    shop.on_store(work)


def test_show_lists_the_steps_that_are_done(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    [claimed] = shop.claim()
    remember(shop, claimed)

    short, full = cli("jobs", "show", job_id).out, cli("jobs", "show", job_id, "--full").out

    assert re.search(r"Steps\s+NAME\s+AT\s+RESULT\s+pay .*x…\n", short)
    assert re.search(r"Positions\s+NAME\s+AT\s+POSITION\s+rows .*\{\"id\":7\}", short)
    assert "x" * 500 in full


def test_show_as_json_has_the_steps(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = submit(any_cli)
    [claimed] = any_shop.claim()
    assert any_cli("jobs", "show", job_id, "--json").json["steps"] == []
    remember(any_shop, claimed)

    shown = any_cli("jobs", "show", job_id, "--json").json

    [step], [position] = shown["steps"], shown["positions"]
    assert (step["id"], step["fence"], step["result"]) == ("pay", 1, {"receipt": "x" * 500})
    assert (position["id"], position["position"]) == ("rows", {"id": 7})
    assert step["at"].endswith("Z")


def test_show_says_what_happens_next(cli: Terminal) -> None:
    later = submit(cli, "--delay", "1h")
    now = submit(cli)
    cli("queues", "pause", "images")

    assert "becomes ready in 59m" in cli("jobs", "show", later).out
    assert "queue images is paused" in cli("jobs", "show", now).out


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(Reason)


@pytest.mark.parametrize(
    "words", [("show",), ("watch",), ("logs",), ("cancel",), ("retry",), ("pause",), ("resume",)]
)
def test_a_job_that_is_not_there_is_not_found(words: tuple[str, ...], cli: Terminal) -> None:
    assert cli("jobs", *words, "nope").code == 3


def test_a_cancelled_job_ends_cancelled(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = submit(any_cli)

    ran = any_cli("jobs", "cancel", job_id, "--why", "no need")

    assert ran.code == 0
    assert ran.out == f"{job_id} cancelled (cancel_requested)\n"
    entries = any_shop.on_store(lambda store: store.audit.page(NAMESPACE))
    assert [(entry.action, entry.reason) for entry in entries] == [("job.cancel", "no need")]
    assert entries[0].actor.startswith("cli:")


def test_to_cancel_a_running_job_is_a_request(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    shop.claim()

    assert cli("jobs", "cancel", job_id).out == f"{job_id} running (claimed, cancel requested)\n"


def test_the_stack_of_a_running_job_is_shown(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = submit(any_cli)
    [claimed] = any_shop.claim()
    told = threading.Thread(target=any_shop.on_store, args=(partial(tell_stack, claimed),))
    told.start()

    shown = any_cli("jobs", "stack", job_id, "--timeout", "20s", "--json").json
    told.join()

    assert shown == {"id": job_id, "stack": "in resize\n"}


async def tell_stack(job: ClaimedJob, store: Store) -> None:
    """Answer as a worker would, once someone has asked."""

    async def asked() -> bool:
        [found] = await store.reads.get(NAMESPACE, [job.id])
        return bool(await store.stacks.asked(NAMESPACE, found.session or ""))

    await eventually_async(asked, what="a request for a stack")
    await store.stacks.tell(NAMESPACE, job.id, job.fence, "in resize\n")


def test_a_job_that_does_not_run_has_no_stack(cli: Terminal) -> None:
    ran = cli("jobs", "stack", submit(cli))

    assert ran.code != 0
    assert "is queued: stack is not possible" in ran.err


def test_a_worker_that_tells_no_stack_is_not_waited_for_for_ever(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    shop.claim()

    ran = cli("jobs", "stack", job_id, "--timeout", "50ms")

    assert ran.code != 0
    assert "told no stack within 0.05 s" in ran.err


def test_a_paused_job_goes_on_where_it_was(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli, "--delay", "1h")

    assert cli("jobs", "pause", job_id).code == 0
    assert shop.job(job_id).state is JobState.PAUSED
    assert cli("jobs", "resume", job_id).code == 0
    assert shop.job(job_id).state is JobState.SCHEDULED


def test_a_job_that_waits_is_run_now(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli, "--max-attempts", "5")
    shop.run(Outcome(Ending.FAILED))
    assert shop.job(job_id).state is JobState.RETRYING

    assert cli("jobs", "retry", job_id).out == f"{job_id} queued (retry_requested)\n"


def test_what_the_state_forbids_is_a_conflict(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    shop.succeed()

    ran = cli("jobs", "cancel", job_id)

    assert ran.code == 1
    assert "error [transition_invalid]" in ran.err


def test_of_several_jobs_each_is_told_and_one_error_stops_none(cli: Terminal, shop: Shop) -> None:
    one, two = submit(cli), submit(cli)

    ran = cli("jobs", "cancel", one, "nope", two, "--json")

    assert ran.code == 3
    assert [job["id"] for job in ran.json["items"]] == [one, two]
    assert ran.error["id"] == "nope"
    assert shop.job(two).state is JobState.CANCELLED


def test_a_watcher_of_a_job_that_succeeded_leaves_with_0(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    shop.succeed()

    ran = cli("jobs", "watch", job_id)

    assert ran.code == 0
    assert f"{job_id} succeeded (returned" in ran.out


def test_a_watcher_of_a_job_that_failed_leaves_with_1_and_the_error(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    shop.fail()

    ran = cli("jobs", "watch", job_id)

    assert ran.code == 1
    assert "ValueError: 13 brings" in ran.out


def test_a_watcher_sees_the_progress_and_gives_up_in_time(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    held = shop.claim()[0]
    report = Progress(job_id, held.fence, 0.5, "half way")
    shop.on_store(lambda store: store.jobs.progress(NAMESPACE, [report]))

    ran = cli("jobs", "watch", job_id, "--timeout", "1ms")

    assert ran.code == 1
    assert "[##########..........] 50% half way" in ran.out
    assert "result_timeout" in ran.err


def test_a_watcher_for_programs_prints_one_json_line_a_change(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    shop.succeed()

    lines = cli("jobs", "watch", job_id, "--json").lines

    assert [json.loads(line)["state"] for line in lines] == ["succeeded"]


def test_an_interrupted_watcher_leaves_with_130(cli: Terminal, shop: Shop) -> None:
    argv = [sys.executable, "-m", "beltline.cli", "jobs", "watch", submit(cli), "--store", shop.url]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        assert "queued" in watcher.stdout.readline()

        watcher.send_signal(signal.SIGINT)

        assert watcher.communicate() == ("", "\n")
    assert watcher.returncode == 130


def test_a_watcher_on_a_terminal_keeps_to_one_line(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    shop.succeed()

    code, said = on_terminal(shop.url, "jobs", "watch", job_id)

    assert code == 0
    assert said.startswith(f"\r\x1b[2K{job_id} succeeded")
    assert said.count("\n") == 1
