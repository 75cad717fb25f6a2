"""What does not get to Gradio: each refusal is one sentence, and nothing else happens."""

import json
import re

import pytest

from tests.benchmarks import load
from tests.serving import calls
from tests.serving.process import API, Answer, Connection

JSON = {"Content-Type": "application/json"}
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nb\r\n--x--\r\n',
    {"Content-Type": "multipart/form-data; boundary=x"},
)
FILE = {"path": "https://example.com/digit.png", "meta": {"_type": "gradio.FileData"}}


@pytest.fixture
def connection(server) -> Connection:
    return server.connection


def refused(answer: Answer, status: int) -> str:
    """The one sentence with which a call was refused."""
    assert answer.status == status, answer
    sentence = answer.json()["error"]
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("said", [True, False], ids=["length said", "length not said"])
@pytest.mark.parametrize("path", ["component_server", "run/reconstruct", "queue/join"])
def test_a_body_beyond_the_bound_is_refused_and_not_held(server, path, said):
    before = server.resident_megabytes()
    status = load.in_a_thread(load.oversized(server.port, f"{API}/{path}", 40, said))
    assert status == "413"
    assert server.resident_megabytes() - before < 30


def test_an_object_that_poses_as_a_file_is_not_fetched(server, connection):
    server.report("close")
    for data in ([[0.1, FILE, 0.2], "conv"], [FILE, "conv"], [[[[FILE]]], "conv"]):
        for route in ("run", "api", "call"):
            refused(connection.post(f"{API}/{route}/decode", {"data": data}), 400)
    refused(connection.post(f"{API}/call/v2/decode", {"code": FILE}), 400)
    # The queue takes the call, without the object: the endpoint says what is wrong.
    join = {"data": [FILE, "conv"], "fn_index": 0, "session_hash": "a"}
    assert connection.post(f"{API}/queue/join", join).status == 200
    assert not server.report()["breaches"]


@pytest.mark.parametrize(
    "path", ["process_recording", "vibe-edit", "login", "stream/1", "nowhere", "upload/x"]
)
def test_routes_that_nobody_needs_are_closed(server, connection, path):
    refused(connection.send("POST", f"{API}/{path}", *MULTIPART), 404)
    assert not server.kept_files()


def test_an_uploaded_file_is_not_kept(server, connection):
    assert connection.send("POST", f"{API}/upload", *MULTIPART).status == 200
    assert not server.kept_files()


@pytest.mark.parametrize("route", ["proxy=", "file=", "file/"])
@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:1/", "http://example.com/a.png", "/etc/passwd"]
)
def test_nothing_is_fetched_or_looked_up_for_a_caller(server, connection, route, place):
    server.report("close")
    refused(connection.send("GET", f"{API}/{route}{place}"), 404)
    assert connection.send("HEAD", f"{API}/{route}{place}").status == 404
    assert not server.report()["breaches"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"data": [', b"\xff\xfe", b"[" * 100_000, b"9" * 5000]
)
@pytest.mark.parametrize("path", ["component_server", "run/decode"])
def test_what_is_no_json_object_is_refused(connection, path, body):
    refused(connection.send("POST", f"{API}/{path}", body, JSON), 400)


def test_the_name_of_a_session_is_bounded(server, connection):
    # Gradio keeps it: 256 names of 9 MB would be 2 GB.
    read = next(each for each in server.functions() if each.label == "draw.read")
    request = {"ink": calls.ink(0)}
    refused(connection.post(f"{API}/component_server", read.body(request, "x" * 65)), 400)
    assert "strip" in connection.ask(read, request, "x" * 64)


@pytest.mark.parametrize("data", [[], [[0.0] * 3, "conv", 1], "x", None])
def test_the_number_of_arguments_is_said(connection, data):
    sentence = refused(connection.post(f"{API}/run/decode", {"data": data}), 400)
    assert "2 values" in sentence


@pytest.mark.parametrize("wrapper", [{"fn_index": 99}, {"fn_index": "0"}, {"session_hash": 1}])
def test_gradios_own_fields_are_checked(connection, wrapper):
    refused(connection.post(f"{API}/run/decode", {"data": [[0.0] * 3, "conv"], **wrapper}), 400)


def test_what_gradio_does_not_expect_is_a_sentence_and_one_line_of_the_log(server, connection):
    before = len(server.log())
    body = {"data": {}, "fn_name": "read", "component_id": 12345, "session_hash": "a"}
    refused(connection.post(f"{API}/component_server", body), 500)
    assert server.log()[before:].count("\n") == 1


def test_a_function_that_is_not_the_pages_cannot_be_called(server, connection):
    component = server.functions()[0].component
    for name in ("__init__", "get_config", "postprocess", "unrender"):
        body = {"data": {}, "fn_name": name, "component_id": component, "session_hash": "a"}
        assert connection.post(f"{API}/component_server", body).status == 404


@pytest.mark.parametrize("path", ["/", "/config", f"{API}/info", "/nowhere", f"{API}/proxy=x"])
def test_headers_protect_the_page_and_let_a_space_frame_it(connection, path):
    headers = connection.send("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors" not in headers["content-security-policy"]
    assert "x-frame-options" not in headers


def test_the_modules_are_kept_for_ever_in_the_folder_of_their_version_alone(connection):
    page = connection.send("GET", "/").body.decode()
    address = re.search(r"page-\w+/client/mount\.js", page)[0]
    module = connection.send("GET", f"/{address}")
    assert b"export async function mount" in module.body
    assert module.headers["content-type"].startswith("text/javascript")
    assert "immutable" in module.headers["cache-control"]
    assert module.headers["access-control-allow-origin"] == "*"
    folder, _, path = address.partition("/")
    for other in (f"page-0123456789ab/{path}", f"{folder}/client/none.js", f"{folder}/../app.py"):
        answer = connection.send("GET", f"/{other}")
        assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")


def test_a_call_may_leave_out_trailing_defaults(connection, reference):
    code, default = [0.5, -1.0, 0.25], reference.default
    assert connection.call("decode", code) == reference.call("decode", code, default)
    whole = reference.call("sample", 3, 7, 1.0, "prior", default)
    assert connection.call("sample", 3, 7) == whole
    posted = {"data": [3, 7, 1.0]}
    assert connection.post(f"{API}/api/sample", posted).json()["data"] == [whole]


@pytest.mark.parametrize("named", [{}, {"code": [0.0] * 3, "colour": 1}, {"model": "conv"}])
def test_a_call_by_name_says_which_arguments_there_are(connection, named):
    sentence = refused(connection.post(f"{API}/call/v2/decode", named), 400)
    assert "code, model" in sentence


def test_a_whole_call_passes_unchanged(server, connection, reference):
    code = [0.5, -1.0, 0.25]
    assert connection.call("decode", code, "conv") == reference.call("decode", code, "conv")
    odd = json.dumps({"data": [code, "conv"]}).replace(" ", "\n\t ").encode()
    assert connection.send("POST", f"{API}/run/decode", odd, JSON).status == 200
