from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from bench.charts import Chart, Series, x_ticks, y_ticks


def chart(*points: tuple[float, float], log_x: bool = False) -> Chart:
    return Chart("Rate & size", "jobs <kept>", "jobs a second", [Series("this store", points)], log_x=log_x)


def test_a_chart_is_well_formed_and_holds_a_line_and_its_words() -> None:
    picture = ET.fromstring(chart((10, 5), (1_000, 4)).svg())  # noqa: S314 - our own text

    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Rate & size", "jobs <kept>", "jobs a second", "this store"} <= set(texts)
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}polyline"))) == 1


def test_the_same_points_give_the_same_text() -> None:
    assert chart((1, 1), (2, 2)).svg() == chart((1, 1), (2, 2)).svg()


def test_higher_values_stand_higher_and_later_ones_further_right() -> None:
    picture = ET.fromstring(chart((1, 10), (10, 30), (100, 20), log_x=True).svg())  # noqa: S314 - our own text

    [line] = picture.iter("{http://www.w3.org/2000/svg}polyline")
    places = [tuple(map(float, place.split(","))) for place in line.attrib["points"].split()]
    assert places[0][0] < places[1][0] < places[2][0]
    assert places[1][1] < places[2][1] < places[0][1]
    # A tenfold step is as wide as the next.
    assert places[1][0] - places[0][0] == pytest.approx(places[2][0] - places[1][0], abs=0.2)


@pytest.mark.parametrize("most", [0.0, 0.03, 7.0, 99.0, 12_345.0])
def test_ticks_are_few_and_reach_over_the_highest_point(most: float) -> None:
    ticks = y_ticks(chart((1, most)))

    assert 2 <= len(ticks) <= 8
    assert ticks[0] == 0
    assert ticks[-1] >= most


def test_a_long_series_has_round_ticks() -> None:
    assert x_ticks(chart(*((float(second), 1.0) for second in range(31)))) == [0, 5, 10, 15, 20, 25, 30]
    assert x_ticks(chart((1, 1), (1_000, 1), log_x=True)) == [1, 1_000]
