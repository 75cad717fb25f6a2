"""A short version of the page's script."""

import pytest

pytest.importorskip("playwright", reason="needs the package playwright")

from tests.benchmarks.page.hand import a_second, hand
from tests.benchmarks.page.starts import interactive
from tests.benchmarks.page.watch import APP_PARTS, Figure


def test_what_answers_a_hand_is_measured_and_what_is_asked_stays_within_bounds(
    browser, address, monkeypatch
):
    for name in ("STROKE", "LONG_STROKE"):
        monkeypatch.setattr(f"tests.benchmarks.page.hand.{name}", 0.5)
    figures = {figure.name: figure for figure in hand(browser, address, times=1)}
    counts = [figure for figure in figures.values() if not figure.unit and not figure.at_least]
    assert len(counts) == 5
    # How long things take, no test may say.
    assert not [str(figure) for figure in counts if "MISSED" in str(figure)]
    assert figures["drawing: requests a stroke of one second"].value > 1


def test_a_visit_takes_longer_where_every_answer_does(browser, address):
    latency = 800  # ms; the page needs more than one answer, one after the other
    assert interactive(browser, address, APP_PARTS, latency) > 2 * latency


@pytest.mark.parametrize(
    ("moments", "rate"), [([], 0), ([5.0], 0), ([0.0, 500.0, 1000.0], 2), ([0.0, 100.0], 10)]
)
def test_changes_are_counted_from_the_first_to_the_last(moments, rate):
    assert a_second(moments) == rate


@pytest.mark.parametrize(
    ("value", "at_least", "verdict"),
    [(5.0, False, "met"), (7.0, False, "MISSED"), (5.0, True, "MISSED"), (7.0, True, "met")],
)
def test_a_limit_is_met_from_its_own_side(value, at_least, verdict):
    assert str(Figure("name", value, "", 6, at_least)).endswith(verdict)
