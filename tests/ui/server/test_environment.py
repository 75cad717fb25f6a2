"""What the environment may hold: the app starts, or says in one sentence why it does not."""

import errno
import http.server
import os
import socket
import tempfile
import threading

import httpx
import pytest

from vae.ui.server import environment
from vae.ui.server.environment import Unavailable


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    """The variables that are changed are put back."""
    for name in ("NO_PROXY", "no_proxy", "GRADIO_TEMP_DIR", "GRADIO_ROOT_PATH"):
        monkeypatch.setenv(name, "")
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_NUM_PORTS"):
        monkeypatch.setenv(name, "")


def refusal(*arguments) -> str:
    """The sentence with which an address is refused."""
    with pytest.raises(Unavailable) as caught:
        environment.address(*arguments)
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    return said


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_the_port_asked_for_is_the_one(monkeypatch):
    port = free_port()
    monkeypatch.setenv("GRADIO_SERVER_PORT", "1")
    assert environment.address(port) == ("127.0.0.1", port)


def test_the_first_free_port_is_taken(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        first = taken.getsockname()[1]
        monkeypatch.setenv("GRADIO_SERVER_PORT", str(first))
        _, port = environment.address()
    assert first < port < first + environment.PORTS


def test_gradio_does_not_see_the_variables(monkeypatch):
    monkeypatch.setenv("GRADIO_SERVER_NAME", "localhost")
    assert environment.address(free_port())[0] == "localhost"
    assert not {"GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"} & os.environ.keys()


def test_a_port_in_use_is_said_with_its_address():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refusal(port)
    assert f"127.0.0.1:{port} is in use" in said
    assert "--port" in said


def test_no_free_port_at_all_is_said(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("GRADIO_SERVER_PORT", str(port))
        monkeypatch.setenv("GRADIO_NUM_PORTS", "1")
        assert f"127.0.0.1:{port} is in use" in refusal()


@pytest.mark.parametrize(
    "host",
    ["192.0.2.1", "224.0.0.1", "255.255.255.255"],
    ids=["reserved for documentation", "a group's", "everyone's"],
)
def test_an_address_of_another_machine_is_said(monkeypatch, host):
    monkeypatch.setenv("GRADIO_SERVER_NAME", host)
    said = refusal()
    assert f"{host} is not an address of this machine" in said
    assert "in use" not in said


@pytest.mark.parametrize("name", ["nowhere.invalid", "a" * 300, "http://localhost"])
def test_a_name_that_is_no_address_is_said(monkeypatch, name):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    if len(name) < 100:  # longer ones are not asked for
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("GRADIO_SERVER_NAME", name)
    assert f"There is no address {name}" in refusal(free_port())


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "reserved"), (errno.EAFNOSUPPORT, "cannot be listened to")]
)
def test_other_reasons_are_said(monkeypatch, number, words):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(environment, "bind", refuse)
    said = refusal(80)
    assert "127.0.0.1:80" in said
    assert words in said


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "7860.5", "\u0667", "9" * 30])
@pytest.mark.parametrize("name", ["GRADIO_SERVER_PORT", "GRADIO_NUM_PORTS"])
def test_a_variable_that_is_no_number_is_named(monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    said = refusal()
    assert name in said
    assert text in said


def test_the_last_port_is_the_last_that_is_tried(monkeypatch):
    monkeypatch.setenv("GRADIO_SERVER_PORT", "65535")
    asked = []

    def in_use(host, port):
        asked.append(port)
        raise OSError(errno.EADDRINUSE, "in use")

    monkeypatch.setattr(environment, "bind", in_use)
    refusal()
    assert asked == [65535]


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="needs IPv6")
@pytest.mark.parametrize("name", ["::1", "[::1]"])
def test_an_address_of_the_newer_kind_is_written_as_in_a_url(monkeypatch, name):
    monkeypatch.setenv("GRADIO_SERVER_NAME", name)
    assert environment.address(free_port())[0] == "[::1]"


@pytest.fixture
def local_site():
    """A site on this machine: its address."""
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as site:
        site.RequestHandlerClass.log_message = lambda *_: None
        thread = threading.Thread(target=site.handle_request)
        thread.start()
        yield f"http://127.0.0.1:{site.server_port}/"
        site.server_close()
        thread.join()


PROXIES = [
    {"HTTP_PROXY": "http://127.0.0.1:1"},
    {"http_proxy": "http://127.0.0.1:1", "no_proxy": "example.com"},
    {"ALL_PROXY": "socks5://127.0.0.1:1"},
    {"HTTP_PROXY": "quic://127.0.0.1:1"},
    {"HTTP_PROXY": "http://["},
]


@pytest.mark.parametrize("proxies", PROXIES, ids=str)
def test_this_machine_is_asked_without_a_proxy(monkeypatch, local_site, proxies):
    for name, value in proxies.items():
        monkeypatch.setenv(name, value)
    environment.prepare()
    assert httpx.head(local_site).status_code == 200


def test_where_others_are_asked_too_the_proxy_stays(monkeypatch, local_site):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    environment.prepare(share=True)
    assert httpx.head(local_site).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.head("http://192.0.2.1/")


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:1", "quic://127.0.0.1:1", "http://127.0.0.1:port"]
)
def test_a_proxy_that_cannot_be_used_is_said(monkeypatch, proxy):
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(Unavailable, match="NO_PROXY"):
        environment.prepare(share=True)


@pytest.mark.parametrize("share", [False, True])
def test_certificates_that_cannot_be_read_are_said(monkeypatch, tmp_path, share):
    (tmp_path / "none.pem").write_text("no certificate")
    for file in (tmp_path / "absent.pem", tmp_path / "none.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with pytest.raises(Unavailable, match="SSL_CERT_FILE"):
            environment.prepare(share)


def test_preparing_twice_changes_nothing_more():
    environment.prepare()
    once = dict(os.environ)
    environment.prepare()
    assert dict(os.environ) == once


def test_a_folder_that_cannot_be_written_is_replaced(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
        environment.prepare()
        assert os.environ["GRADIO_TEMP_DIR"] != str(folder)
        tempfile.TemporaryFile(dir=os.environ["GRADIO_TEMP_DIR"]).close()
        assert str(folder) in capsys.readouterr().err


def test_the_default_folder_may_be_another_users(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "gradio").touch()  # cannot be written to either
    environment.prepare()
    assert os.environ["GRADIO_TEMP_DIR"].startswith(str(tmp_path))


def test_a_folder_that_can_be_written_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "new" / "folder"))
    environment.prepare()
    assert os.environ["GRADIO_TEMP_DIR"] == str(tmp_path / "new" / "folder")


def test_without_any_folder_one_is_asked_for(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(Unavailable, match="TMPDIR"):
        environment.prepare()


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("vae", "/vae"),
        ("/vae/", "/vae"),
        ("/a/b", "/a/b"),
        ("https://example.com/vae", "https://example.com/vae"),
        ("HTTPS://example.com/vae", "https://example.com/vae"),
        (" /vae ", "/vae"),
        ("/", "/"),
    ],
)
def test_a_root_path_begins_with_a_slash_and_ends_without(monkeypatch, given, root):
    monkeypatch.setenv("GRADIO_ROOT_PATH", given)
    environment.prepare()
    assert os.environ["GRADIO_ROOT_PATH"] == root


@pytest.mark.parametrize(
    "given",
    ["/vae?x", "/vae#x", "ftp://example.com/vae", "https://[", "gradio_api", "/gradio_api/"],
)
def test_what_cannot_be_a_root_path_is_said(monkeypatch, given):
    monkeypatch.setenv("GRADIO_ROOT_PATH", given)
    with pytest.raises(Unavailable, match="GRADIO_ROOT_PATH") as caught:
        environment.prepare()
    assert given in str(caught.value)
