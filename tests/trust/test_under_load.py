"""Short versions of the load, isolation, endurance and scale-out scripts."""

import pytest

from . import endurance, isolation, load, scale_out


def test_64_visitors_each_see_their_own(server, reference):
    assert not isolation.visit(server, reference, visitors=64, rounds=2)


def test_requests_leave_nothing_behind(server):
    assert not endurance.endure(server, requests=200)


def test_a_crowd_is_answered_without_error_and_nobody_starves(server, reference):
    small = load.Load(server, reference, seconds=1.0)
    for question in (small.page_questions()["sheet"], small.endpoint_questions()["sheet"]):
        outcome = small.ask(question, clients=16)
        assert outcome.errors == 0
        assert outcome.fairness > 0


def test_slow_visitors_do_not_stop_the_others(server, reference):
    small = load.Load(server, reference, seconds=1.0)
    small.slow_visitors(clients=4)
    assert not small.complaints


@pytest.mark.skipif(scale_out.NGINX is None, reason="needs nginx (Debian: nginx-light)")
def test_one_of_two_instances_may_die(weights, reference):
    assert not scale_out.rehearse(weights, seconds=2.0)
