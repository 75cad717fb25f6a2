"""Short versions of the load, isolation, endurance and scale-out scripts."""

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest

from tests.benchmarks import endurance, isolation, load, scale_out
from tests.serving import calls
from tests.serving.process import Connection, serving


def test_visitors_at_once_each_see_their_own(server, reference):
    assert not isolation.visit(server, reference, visitors=24, rounds=2)


def test_requests_leave_nothing_behind(server, monkeypatch):
    monkeypatch.setattr(endurance, "LEAST_WARM_UP", 26)  # every question once
    monkeypatch.setattr(endurance, "TABLE_ROWS", 2)  # for each, every object is counted
    assert not endurance.endure(server, requests=80)


def test_a_crowd_is_answered_without_error_and_nobody_starves(server, reference):
    small = load.Load(server, reference, seconds=0.2)
    for questions in (small.page_questions(), small.endpoint_questions()):
        question = load.asking_for("sheet", questions)
        outcome = small.ask(question, clients=8)
        assert outcome.errors == 0
        assert outcome.fairness > 0


def test_every_answer_is_compared_with_what_it_takes_alone(server, reference, monkeypatch):
    small, found = load.Load(server, reference, seconds=0.2), {}
    monkeypatch.setattr(load, "ROUNDS", 1)
    monkeypatch.setattr(load, "IMAGES", 2)
    monkeypatch.setattr(
        small, "judge", lambda name, *rest: found.setdefault(name, rest)
    )  # how fast this machine is, no test may say
    small.measure([2])
    empty = [rest for name, rest in found.items() if "empty" in name]
    compared = [rest for name, rest in found.items() if "empty" not in name]
    assert len(empty) == len(compared) == 4
    assert not any(outcome.errors for _, outcome, *_ in found.values())
    for _, outcome, alone, shares in compared:
        assert alone > 0
        assert shares[0] > outcome.rate * alone  # the empty function takes time too


def test_slow_visitors_do_not_stop_the_others(server, reference):
    small = load.Load(server, reference, seconds=0.3)
    question = load.asking_for("strip", small.page_questions())
    outcome = load.in_a_thread(load.beside_slow(server.port, question, 4, small.seconds))
    assert outcome.errors == 0
    assert outcome.fairness > 0


def test_a_drawing_is_read_while_many_large_sheets_are_made(server):
    functions = {function.label: function for function in server.functions()}
    sheet = {"count": 400, "seed": 0, "temperature": 1.0, "source": "prior"}

    def ask(label: str, request: dict) -> dict:
        with Connection(server.port) as connection:
            return connection.ask(functions[label], request)

    ask("draw.read", {"ink": calls.ink(0)})
    with ThreadPoolExecutor(12) as pool:
        sheets = [pool.submit(ask, "sample.sheet", sheet) for _ in range(12)]
        wait(sheets, return_when=FIRST_COMPLETED)  # by then the others have been asked for
        reading = ask("draw.read", {"ink": calls.ink(1)})
        waiting = [each for each in sheets if not each.done()]
    assert "code" in reading
    assert len(waiting) > 6  # had it waited for them, the last few would be on their way at most
    assert all("sheet" in each.result() for each in sheets)


@pytest.mark.skipif(scale_out.NGINX is None, reason="needs nginx (Debian: nginx-light)")
def test_one_of_two_instances_may_die(server, reference, tiny_weights):
    with serving(tiny_weights, empty=True) as mortal:  # as `server` is
        assert not scale_out.rehearse([server, mortal], reference, seconds=0.6)
