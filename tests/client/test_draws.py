"""Random bits from the system."""

from __future__ import annotations

import os

from beltline.client.draws import POOL_BYTES, Draws


def test_numbers_have_as_many_bits_as_were_asked_for() -> None:
    draws = Draws()

    drawn = [draws.getrandbits(80) for _ in range(1_000)]

    assert max(drawn).bit_length() == 80
    assert len(set(drawn)) == 1_000


def test_bits_that_fill_no_byte_are_left_out() -> None:
    draws = Draws()

    assert {draws.getrandbits(3) for _ in range(1_000)} == set(range(8))


def test_more_than_is_drawn_at_a_time_can_be_had() -> None:
    bits = 16 * POOL_BYTES

    assert Draws().getrandbits(bits).bit_length() > bits - 64


def test_fractions_are_from_0_to_1() -> None:
    draws = Draws()
    fractions = [draws.random() for _ in range(1_000)]

    assert 0 <= min(fractions) < 0.1
    assert 0.9 < max(fractions) < 1


def test_a_forked_process_draws_other_numbers() -> None:
    draws = Draws()
    draws.getrandbits(80)
    reader, writer = os.pipe()

    child = os.fork()
    if child == 0:
        os.write(writer, str(draws.getrandbits(80)).encode())
        os._exit(0)

    os.waitpid(child, 0)
    assert int(os.read(reader, 100)) != draws.getrandbits(80)
    os.close(reader)
    os.close(writer)
