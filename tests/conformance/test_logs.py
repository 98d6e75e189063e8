"""`logs`: what jobs wrote, in order, bounded."""

from __future__ import annotations

from beltline.store.log_limit import LogLimit
from beltline.store.log_lines import NewLogLine
from tests.conformance.world import World


def line(world: World, job_id: str, message: str, run: int = 1, fields: str = "") -> NewLogLine:
    return NewLogLine(job_id, run, world.now, "info", message, fields)


async def append(world: World, *lines: NewLogLine) -> None:
    await world.store.logs.append(world.namespace, lines)


async def test_lines_read_back_as_they_were_written(world: World) -> None:
    job = await world.running()
    written = NewLogLine(
        job.id, 1, world.now, "warning", "größer als gedacht \U0001f600\n\ttab", '{"size":7}'
    )

    await append(world, written)

    (found,) = await world.store.logs.read(world.namespace, job.id)
    assert found[1:] == written[1:6]
    assert found.seq > 0


async def test_lines_come_oldest_first_whatever_their_times(world: World) -> None:
    job = await world.running()
    await append(world, line(world, job.id, "a"), line(world, job.id, "b"))
    world.clock.jump(-1_000_000)
    await append(world, line(world, job.id, "c"), line(world, job.id, "d"))

    found = await world.store.logs.read(world.namespace, job.id)

    assert [each.message for each in found] == ["a", "b", "c", "d"]
    assert [each.seq for each in found] == sorted({each.seq for each in found})


async def test_a_reader_goes_on_where_it_stopped(world: World) -> None:
    job = await world.running()
    await append(world, *(line(world, job.id, str(n)) for n in range(10)))
    first = await world.store.logs.read(world.namespace, job.id, limit=4)
    await append(world, line(world, job.id, "10"))

    second = await world.store.logs.read(world.namespace, job.id, after=first[-1].seq)

    assert [each.message for each in [*first, *second]] == [str(n) for n in range(11)]


async def test_nothing_new_is_nothing(world: World) -> None:
    job = await world.running()
    await append(world, line(world, job.id, "a"))
    (only,) = await world.store.logs.read(world.namespace, job.id)

    assert await world.store.logs.read(world.namespace, job.id, after=only.seq) == []
    assert await world.store.logs.read(world.namespace, "unknown") == []
    await append(world)


async def test_lines_of_many_jobs_go_in_together(world: World) -> None:
    jobs = [world.new() for _ in range(3)]
    await world.insert(*jobs)
    await append(world, *(line(world, jobs[n % 3].id, str(n)) for n in range(9)))

    found = [await world.store.logs.read(world.namespace, job.id) for job in jobs]

    assert [[each.message for each in lines] for lines in found] == [
        ["0", "3", "6"],
        ["1", "4", "7"],
        ["2", "5", "8"],
    ]


async def test_a_line_is_written_whatever_became_of_the_job(world: World) -> None:
    job = await world.running()
    await append(world, line(world, job.id, "mine", run=1))

    await append(world, line(world, job.id, "a zombie's", run=7))

    assert [(each.run, each.message) for each in await world.store.logs.read(world.namespace, job.id)] == [
        (1, "mine"),
        (7, "a zombie's"),
    ]


async def test_each_job_keeps_its_newest_ten_thousand_lines(world: World) -> None:
    loud, quiet = world.new(), world.new()
    await world.insert(loud, quiet)
    await append(world, line(world, quiet.id, "hush"))
    for start in range(0, 10_500, 2_100):
        await append(world, *(line(world, loud.id, str(n)) for n in range(start, start + 2_100)))

    found = await world.store.logs.read(world.namespace, loud.id, limit=20_000)

    assert [each.message for each in found] == [str(n) for n in range(500, 10_500)]
    assert [each.message for each in await world.store.logs.read(world.namespace, quiet.id)] == ["hush"]


async def test_each_job_keeps_its_newest_bytes(world: World) -> None:
    loud, quiet = world.new(), world.new()
    await world.insert(loud, quiet)
    await append(world, line(world, quiet.id, "hush"))
    size = line(world, loud.id, "x" * 1_000).size
    keep = LogLimit(size=10 * size)

    for number in range(30):
        said = line(world, loud.id, chr(97 + number % 26) * 1_000)
        await world.store.logs.append(world.namespace, [said], keep=keep)

    found = await world.store.logs.read(world.namespace, loud.id)
    assert [each.seq for each in found] == list(range(21, 31))
    assert [each.message for each in await world.store.logs.read(world.namespace, quiet.id)] == ["hush"]


async def test_of_many_lines_at_once_the_newest_bytes_are_kept(world: World) -> None:
    job = await world.running()
    await append(world, line(world, job.id, "old"))
    lines = [line(world, job.id, f"{number:04}") for number in range(1_000)]

    await world.store.logs.append(world.namespace, lines, keep=LogLimit(size=100 * lines[0].size))

    found = await world.store.logs.read(world.namespace, job.id)
    assert [each.message for each in found] == [f"{number:04}" for number in range(900, 1_000)]


async def test_the_newest_line_is_kept_however_long(world: World) -> None:
    job = await world.running()
    keep = LogLimit(size=100)

    for text in ("a", "b" * 5_000, "c" * 5_000):
        await world.store.logs.append(world.namespace, [line(world, job.id, text)], keep=keep)

    found = await world.store.logs.read(world.namespace, job.id)
    assert [each.message[0] for each in found] == ["c"]


async def test_a_limit_may_be_lowered_later(world: World) -> None:
    job = await world.running()
    await append(world, *(line(world, job.id, str(n)) for n in range(100)))

    await world.store.logs.append(world.namespace, [line(world, job.id, "100")], keep=LogLimit(lines=5))

    found = await world.store.logs.read(world.namespace, job.id)
    assert [each.message for each in found] == ["96", "97", "98", "99", "100"]


async def test_lines_belong_to_their_namespace(world: World) -> None:
    job = await world.running()
    await append(world, line(world, job.id, "a"))

    assert await world.store.logs.read(f"{world.namespace}-b", job.id) == []


async def test_lines_that_push_each_other_out_leave_the_numbers_of_all(world: World) -> None:
    job, other = await world.running(), await world.running()
    keep = LogLimit(lines=3)
    lines = [line(world, job.id, str(n)) for n in range(10)]
    await world.store.logs.append(world.namespace, [*lines, line(world, other.id, "a")], keep=keep)
    await world.store.logs.append(world.namespace, [line(world, job.id, "10")], keep=keep)

    found = await world.store.logs.read(world.namespace, job.id)

    assert [(each.seq, each.message) for each in found] == [(9, "8"), (10, "9"), (11, "10")]
    [alone] = await world.store.logs.read(world.namespace, other.id)
    assert alone.seq == 1


async def test_lines_that_were_dropped_before_they_came_leave_a_gap(world: World) -> None:
    job = await world.running()
    await append(world, line(world, job.id, "a"))
    await append(world, line(world, job.id, "b")._replace(skipped=7), line(world, job.id, "c"))

    found = await world.store.logs.read(world.namespace, job.id)

    assert [(each.seq, each.message) for each in found] == [(1, "a"), (9, "b"), (10, "c")]
