"""Lines that a child wrote into a pipe."""

from __future__ import annotations

import os

from beltline.runtime.pipe_lines import PipeLines


def test_a_line_is_read_once_it_is_whole() -> None:
    read_end, write_end = os.pipe()
    lines = PipeLines(read_end)
    os.write(write_end, b"one\ntw")
    assert lines.read() == ["one"]

    os.write(write_end, b"o\n")
    assert lines.read() == ["two"]

    os.close(write_end)
    assert (lines.read(), lines.fd) == ([], -1)


def test_a_last_line_that_comes_with_the_end_of_the_pipe_is_one_line() -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, b"one\ntwo\n")
    os.close(write_end)

    assert PipeLines(read_end).read() == ["one", "two"]


def test_an_unfinished_line_is_read_at_the_end_of_the_pipe() -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, b"one\ntw")
    os.close(write_end)

    assert PipeLines(read_end).read() == ["one", "tw"]


def test_an_empty_line_stays_a_line() -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, b"\n\none\n")
    os.close(write_end)

    assert PipeLines(read_end).read() == ["", "", "one"]
