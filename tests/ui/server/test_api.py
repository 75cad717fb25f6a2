"""The endpoints: what they give, what they refuse, and that they go on after either."""

import base64
import io
import math
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image, ImageDraw

from tests.pictures_of import ONE, drawing, pixels, uri
from tests.serving.in_process import small_service
from vae import inference
from vae.ui.server import pictures

ROOT = Path(__file__).resolve().parents[3]
SEVEN = uri(drawing())


# Neither reads certificates, which takes longer than an answer.
@pytest.fixture(scope="module")
def client(app):
    return Client(app.local_url, verbose=False, ssl_verify=False)


@pytest.fixture(scope="module")
def plain(app):
    """Asks without Gradio's client."""
    with httpx.Client(base_url=app.local_url, verify=False) as client:
        yield client


@pytest.fixture(scope="module")
def call(client):
    def predict(name: str, *arguments, **named):
        return client.predict(*arguments, api_name=f"/{name}", **named)

    return predict


@pytest.fixture(scope="module")
def posterior(call) -> dict:
    return call("encode", SEVEN)


@pytest.fixture(scope="module")
def reading(call) -> dict:
    return call("reconstruct", SEVEN)


@pytest.fixture
def refusal(call):
    """The sentence with which an endpoint refuses; afterwards a good call is answered as ever."""

    def refused(name: str, *arguments, **named) -> str:
        with pytest.raises(AppError) as caught:
            call(name, *arguments, **named)
        assert pixels(call("sample", 1, 0)["sheet"]).shape == (28, 28)
        return str(caught.value)

    return refused


def one_sentence(text: str) -> bool:
    return "\n" not in text and "Traceback" not in text and 10 < len(text) < 200


def test_only_the_seven_endpoints_are_listed(plain):
    listed = plain.get("/gradio_api/info").json()
    assert sorted(listed["named_endpoints"]) == sorted(
        ["/reconstruct", "/encode", "/decode", "/sample", "/interpolate", "/complete", "/steer"]
    )
    assert listed["unnamed_endpoints"] == {}


def test_no_endpoint_waits_in_a_queue(app):
    assert not any(dependency["queue"] for dependency in app.config["dependencies"])


def test_a_plain_post_is_answered_without_the_queue(plain):
    answer = plain.post("/gradio_api/run/sample", json={"data": [1, 0, 1.0, "prior", "conv"]})
    assert pixels(answer.json()["data"][0]["sheet"]).shape == (28, 28)


def test_reconstruct_shows_what_was_seen_and_what_became_of_it(reading):
    assert pixels(reading["seen"]).shape == pixels(reading["reconstruction"]).shape == (28, 28)
    assert pixels(reading["seen"]).max() == 255
    assert reading["reconstruction_nats"] > 0
    assert reading["kl_nats"] > 0
    assert 0 <= reading["percentile"] <= 100


def test_dark_on_light_is_read_as_light_on_dark(call, reading):
    light = Image.fromarray(255 - np.asarray(drawing()))
    expected = pixels(reading["seen"]).astype(int)
    assert np.abs(pixels(call("reconstruct", uri(light))["seen"]) - expected).max() <= 8


def test_decoding_the_code_of_a_picture_gives_its_reconstruction(call, reading, posterior):
    code = posterior["mean"]
    assert np.array_equal(pixels(call("decode", code)), pixels(reading["reconstruction"]))


def test_the_parts_of_the_kl_term_add_up(reading, posterior):
    assert math.isclose(sum(posterior["kl_nats"]), reading["kl_nats"], abs_tol=1e-3)


def test_the_same_seed_gives_the_same_sheet_and_another_another(call):
    sheets = [pixels(call("sample", 9, seed)["sheet"]) for seed in (3, 3, 4)]
    assert np.array_equal(sheets[0], sheets[1])
    assert not np.array_equal(sheets[0], sheets[2])


def test_a_sheet_holds_the_digits_of_its_codes_row_by_row(call):
    found = call("sample", 6, 1)
    sheet = pixels(found["sheet"])
    assert sheet.shape == (56, 84)  # 3 columns, 2 rows
    for index, code in enumerate(found["codes"]):
        row, column = divmod(index, 3)
        cell = sheet[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28].astype(int)
        # A digit decoded in a batch may differ by a rounding from one decoded alone.
        assert np.abs(cell - pixels(call("decode", code))).max() <= 1


def test_without_temperature_every_sample_of_the_prior_is_the_same(call):
    codes = call("sample", 4, 1, 0.0)["codes"]
    assert all(value == 0 for code in codes for value in code)


@pytest.mark.parametrize(
    "data", [[2], [2, 5], [2, 5, 1.0, "posterior", "conv"], [2, 5, 1.0, "posterior", "conv", None]]
)
def test_trailing_defaults_may_be_left_out_of_a_plain_post(plain, data):
    answer = plain.post("/gradio_api/run/sample", json={"data": data})
    assert len(answer.json()["data"][0]["codes"]) == 2


def test_a_sheet_of_a_digit_is_drawn_from_that_digit(call):
    """The same codes as without the page: those of the digit's components."""
    found = call("sample", 6, 4, 1.0, "posterior", "conv", 7)
    vae = small_service().models.named("conv").vae
    expected = inference.sample_codes(vae, 6, seed=4, source="posterior", digit=7)
    assert np.allclose(found["codes"], expected.numpy(), atol=1e-4)
    again, other = (call("sample", 6, 4, 1.0, "posterior", "conv", digit) for digit in (7, 2))
    assert again == found
    assert other["codes"] != found["codes"]


@pytest.mark.parametrize(
    ("visible", "shown"),
    [
        ("upper", (slice(0, 14), slice(0, 28))),
        ("lower", (slice(14, 28), slice(0, 28))),
        ("left", (slice(0, 28), slice(0, 14))),
        ("right", (slice(0, 28), slice(14, 28))),
        ([1] * 280 + [0] * 504, (slice(0, 10), slice(0, 28))),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_completion_keeps_what_is_visible_and_fills_in_the_rest(call, reading, visible, shown):
    found = call("complete", SEVEN, visible, 4, 1)
    whole, seen = pixels(reading["seen"]), pixels(found["seen"])
    mask = np.zeros((28, 28), bool)
    mask[shown] = True
    assert np.array_equal(seen, np.where(mask, whole, 0))
    assert len(found["completions"]) == len(found["codes"]) == 4
    assert len({tuple(code) for code in found["codes"]}) == 4
    for completion, code in zip(found["completions"], found["codes"], strict=True):
        expected = np.where(mask, whole, pixels(call("decode", code)))
        # A digit decoded in a batch may differ by a rounding from one decoded alone.
        assert np.abs(pixels(completion).astype(int) - expected).max() <= 1


def test_one_seed_completes_in_one_way(call):
    once, again, other = (call("complete", SEVEN, "left", 3, seed) for seed in (5, 5, 6))
    assert once == again
    assert once["codes"] != other["codes"]


def test_where_nothing_stays_the_completions_are_samples(call):
    found = call("complete", SEVEN, [0] * 784, 4, 1)
    assert not pixels(found["seen"]).any()
    assert len({tuple(code) for code in found["codes"]}) == 4


def test_no_step_in_any_direction_is_the_reconstruction(call, reading, posterior):
    found = call("steer", SEVEN, "slant", 0.0)
    assert found["code"] == posterior["mean"]
    assert found["steered"] == found["reconstruction"]
    assert found["reconstruction"] == reading["reconstruction"]


@pytest.mark.parametrize("direction", ["slant", "width", "breadth", "0", "9"])
def test_steps_in_a_direction_lie_on_a_line(call, posterior, direction):
    code = np.array(posterior["mean"])
    one, back = (np.array(call("steer", SEVEN, direction, by)["code"]) for by in (1.0, -2.0))
    assert np.abs(one - code).max() > 0.01
    assert np.allclose(back - code, -2 * (one - code), atol=1e-3)
    assert np.array_equal(
        pixels(call("steer", SEVEN, direction, 1.0)["steered"]), pixels(call("decode", [*one]))
    )


@pytest.mark.parametrize("path", ["linear", "spherical"])
def test_the_ends_of_an_interpolation_are_the_two_reconstructions(call, reading, path):
    one = uri(drawing(ONE))
    frames = call("interpolate", SEVEN, one, 5, path)
    assert len(frames) == 5
    assert np.array_equal(pixels(frames[0]), pixels(reading["reconstruction"]))
    assert np.array_equal(pixels(frames[-1]), pixels(call("reconstruct", one)["reconstruction"]))


@pytest.mark.parametrize("model", ["conv", "mlp", "map"])
def test_every_model_answers_by_its_name(call, model):
    code = call("encode", SEVEN, model)["mean"]
    assert len(code) == {"conv": 5, "mlp": 4, "map": 2}[model]


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "I;16"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("WEBP", "RGB"),
        ("BMP", "L"),
        ("GIF", "P"),
    ],
)
def test_every_common_kind_and_mode_of_picture_is_read(call, reading, kind, mode):
    grey = np.asarray(drawing())
    if mode == "I;16":
        picture = Image.fromarray(grey.astype(np.uint16) * 257)
    else:
        picture = Image.fromarray(255 - grey).convert(mode)  # dark on white, as on paper
    seen = pixels(call("reconstruct", uri(picture, kind))["seen"]).astype(int)
    expected = pixels(reading["seen"])
    assert np.abs(seen - expected).mean() < 10  # JPEG's edges are soft; another digit is at 40


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (5, 5)])
def test_an_odd_size_is_read_or_refused_in_one_sentence(plain, size):
    body = {"data": [uri(Image.new("L", size, 255)), "conv"]}
    answer = plain.post("/gradio_api/run/reconstruct", json=body)
    assert answer.status_code == 200 or one_sentence(answer.json()["error"])


@pytest.mark.parametrize("endpoint", ["reconstruct", "encode"])
def test_several_digits_are_encoded_all_the_same_and_said_to_be_several(call, endpoint):
    two = Image.new("L", (200, 200))
    for x in (60, 140):
        ImageDraw.Draw(two).line([(x, 40), (x, 160)], fill=255, width=16)
    one = two.crop((0, 0, 100, 200))
    assert "several digits" in call(endpoint, uri(two))["note"]
    assert call(endpoint, uri(one))["note"] is None


def bomb() -> str:
    """A PNG of 100 megapixels, a few kilobytes long."""
    return uri(Image.new("1", (10_000, 10_000)))


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("", "data URI"),
        ("hello", "data URI"),
        ("/etc/passwd", "data URI"),
        ("file:///etc/passwd", "data URI"),
        ("http://127.0.0.1:9/x.png", "data URI"),
        ("data:image/png;base64,", "cannot be read"),
        ("data:image/png;base64,!!!!", "base64"),
        ("data:image/png;base64,AAAA", "cannot be read"),
        ("data:image/svg+xml;base64," + base64.b64encode(b"<svg/>").decode(), "cannot be read"),
        ("data:text/html;base64,AAAA", "data URI"),
        (SEVEN[: len(SEVEN) // 2 // 4 * 4 + 2], ""),
        ("data:image/png;base64," + "A" * 4_000_000, "too large"),
        (uri(Image.new("L", (50, 50))), "drawn"),
        (uri(Image.new("L", (50, 50), 255)), "drawn"),
        (None, ""),
        (7, ""),
        (["x"], ""),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_no_picture_is_refused_in_one_sentence(refusal, image, words):
    sentence = refusal("reconstruct", image)
    assert words in sentence
    assert one_sentence(sentence)


@pytest.mark.parametrize("meta", [{}, {"meta": {"_type": "gradio.FileData"}}])
def test_what_could_pass_for_a_file_of_gradios_is_refused(plain, meta):
    image = {"path": "/etc/passwd", "url": "http://127.0.0.1:9/", **meta}
    body = {"data": [image, "conv"]}
    answer = plain.post("/gradio_api/run/reconstruct", json=body)
    assert answer.status_code == 400
    assert one_sentence(answer.json()["error"])


@pytest.mark.parametrize("separator", ["\n", "\r\n", " "])
def test_white_space_in_a_data_uri_does_not_count(call, posterior, separator):
    wrapped = separator.join(textwrap.wrap(SEVEN, 76))
    assert call("encode", wrapped) == posterior
    header, _, encoded = wrapped.partition(",")
    assert call("encode", f"{header},{quote(encoded, safe='')}") == posterior


@pytest.mark.parametrize(
    "header",
    [
        "data:image/png;charset=utf-8;base64,",
        "data:image/png; name=seven.png; base64, ",
        "DATA:IMAGE/PNG;BASE64,",
    ],
)
def test_parameters_of_a_data_uri_do_not_count(call, posterior, header):
    assert call("encode", header + SEVEN.partition(",")[2]) == posterior


def test_a_data_uri_may_be_percent_encoded_and_unpadded(call, posterior):
    header, _, encoded = SEVEN.partition(",")
    assert call("encode", f"{header},{quote(encoded, safe='')}") == posterior
    for rest in range(3):  # what follows a PNG is ignored: each length has its own padding
        file = base64.b64encode(base64.b64decode(encoded) + bytes(rest)).decode()
        assert call("encode", f"{header},{file.rstrip('=')}") == posterior


def test_a_data_uri_may_use_the_alphabet_for_urls(call, posterior):
    file = base64.b64decode(SEVEN.partition(",")[2])
    file += bytes(-len(file) % 3) + b"\xfb\xef\xff"  # whose base64 is ++//
    encoded = base64.urlsafe_b64encode(file).decode()
    assert encoded.endswith("--__")
    assert call("encode", f"data:image/png;base64,{encoded}") == posterior


@pytest.mark.parametrize("name", ["reconstruct", "encode", "decode", "interpolate"])
def test_a_file_of_gradio_client_ends_in_a_sentence_that_says_what_to_send(refusal, name, tmp_path):
    file = tmp_path / "seven.png"
    drawing().save(file)
    arguments = [handle_file(file)] * (2 if name == "interpolate" else 1)
    sentence = refusal(name, *arguments)
    assert one_sentence(sentence)
    assert ("list of 5 numbers" if name == "decode" else "data:image/png;base64") in sentence
    assert "data:image/png;base64" in refusal("encode", handle_file("http://127.0.0.1:9/a.png"))


def test_a_hundred_megapixels_are_refused_without_being_decoded(refusal):
    sentence = refusal("reconstruct", bomb())
    assert "pixels" in sentence
    assert one_sentence(sentence)


def test_pictures_that_take_long_to_read_are_told_from_drawings():
    noise = np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8)
    large = [uri(Image.new("L", (2048, 2048))), uri(Image.fromarray(noise))]
    assert [pictures.is_large(image) for image in large] == [True, True]
    others = [SEVEN, bomb(), "conv", "", None, 3.5, [0.0], "data:image/png;base64,AAAA"]
    assert not any(map(pictures.is_large, others))


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("sample", (0,), "count must be a whole number from 1 to 400"),
        ("sample", (-5,), "count"),
        ("sample", (10**9,), "count"),
        ("sample", (2.5,), "count"),
        ("sample", ("many",), "count"),
        ("sample", (None,), "count"),
        ("sample", (True,), "count"),
        ("sample", ([4],), "count"),
        ("sample", (4, -1), "seed"),
        ("sample", (4, 2**31), "seed"),
        ("sample", (4, 10**400), "seed"),
        ("sample", (4, "0"), "seed"),
        ("sample", (4, 0, -0.1), "temperature"),
        ("sample", (4, 0, 2.1), "temperature"),
        ("sample", (4, 0, "hot"), "temperature"),
        ("sample", (4, 0, 1.0, "elsewhere"), "source"),
        ("sample", (4, 0, 1.0, "prior", "nobody"), "model"),
        ("sample", (4, 0, 1.0, "prior", "../weights"), "model"),
        ("sample", (4, 0, 1.0, "prior", 3), "model"),
        ("decode", ([0.0],), "5 numbers"),
        ("decode", ([0.0] * 6,), "5 numbers"),
        ("decode", ([0.0] * 4 + ["x"],), "number from -100 to 100"),
        ("decode", ([0.0] * 4 + [1e6],), "number from -100 to 100"),
        ("decode", ([0.0] * 4 + [None],), "number from -100 to 100"),
        ("decode", ([[0.0]] * 5,), "number from -100 to 100"),
        ("decode", ("zero",), "5 numbers"),
        ("decode", (None,), "5 numbers"),
        ("interpolate", (SEVEN, SEVEN, 1), "steps"),
        ("interpolate", (SEVEN, SEVEN, 10**6), "steps"),
        ("interpolate", (SEVEN, SEVEN, 5, "zigzag"), "path"),
        ("interpolate", (SEVEN, "x"), "data URI"),
        ("encode", (SEVEN, ""), "model"),
        ("sample", (4, 0, 1.0, "posterior", "conv", 10), "digit"),
        ("sample", (4, 0, 1.0, "posterior", "conv", "3"), "digit"),
        ("sample", (4, 0, 1.0, "prior", "conv", 3), "posterior"),
        ("sample", (4, 0, 1.0, "posterior", "map", 3), "knows no digits"),
        ("complete", (SEVEN, "middle"), "visible"),
        ("complete", (SEVEN, [1] * 783), "visible"),
        ("complete", (SEVEN, [2] * 784), "visible"),
        ("complete", (SEVEN, [0.5] * 784), "visible"),
        ("complete", (SEVEN, [None] * 784), "visible"),
        ("complete", (SEVEN, [[1]] * 784), "visible"),
        ("complete", (SEVEN, None), "visible"),
        ("complete", (SEVEN, "upper", 0), "count must be a whole number from 1 to 64"),
        ("complete", (SEVEN, "upper", 65), "count"),
        ("complete", (SEVEN, "upper", 8, -1), "seed"),
        ("complete", (SEVEN, "upper", 8, 0, "nobody"), "model"),
        ("complete", ("x", "upper"), "data URI"),
        ("steer", (SEVEN, "upwards"), "slant"),
        ("steer", (SEVEN, "10"), "direction"),
        ("steer", (SEVEN, None), "direction"),
        ("steer", (SEVEN, "slant", 3.5), "amount must be a number from -3 to 3"),
        ("steer", (SEVEN, "slant", "far"), "amount"),
        ("steer", (SEVEN, "slant", 1.0, "map"), "no directions"),
        ("steer", ("x", "slant"), "data URI"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_its_name(refusal, name, arguments, words):
    sentence = refusal(name, *arguments)
    assert words in sentence
    assert one_sentence(sentence)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("name", ["sample", "decode"])
def test_numbers_that_are_none_are_refused(plain, name, value):
    # Python's JSON reads these words; other clients may send them.
    inputs = {
        "sample": f'4, 0, {value}, "prior", "conv"',
        "decode": f'[0, 0, 0, 0, {value}], "conv"',
    }
    answer = plain.post(
        f"/gradio_api/run/{name}",
        content=f'{{"data": [{inputs[name]}]}}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code >= 400
    assert "Traceback" not in answer.text


def test_a_body_beyond_the_bound_is_refused_unread(app):
    for options in (
        {"content": b'{"data": ["' + b"a" * 12_000_000 + b'"]}'},
        {"content": (b"a" * 1_000_000 for _ in range(12))},  # chunked: nobody says how long
    ):
        try:
            answer = httpx.post(
                f"{app.local_url}gradio_api/run/reconstruct",
                headers={"content-type": "application/json"},
                **options,
            )
        except httpx.TransportError:
            continue  # the connection was closed on it: refused as well
        assert answer.status_code >= 400
    assert httpx.get(app.local_url).status_code == 200


def test_the_readmes_example_runs_as_it_stands(app):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(import base64.*?)```", readme, re.DOTALL)[1]
    example = example.replace("http://127.0.0.1:7860", app.local_url)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(example)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["8", "5"]  # completions, and the small model's dimensions


def test_the_readme_lists_every_endpoint_and_parameter(plain):
    readme = (ROOT / "vae" / "ui" / "server" / "README.md").read_text(encoding="utf-8")
    listed = plain.get("/gradio_api/info").json()["named_endpoints"]
    for name, endpoint in listed.items():
        row = re.search(rf"^\| `{name[1:]}\((.*?)\)`", readme, re.MULTILINE)
        assert row, name
        for parameter in endpoint["parameters"]:
            assert parameter["parameter_name"] in row[1], (name, parameter["parameter_name"])


def test_a_picture_survives_the_way_out(call):
    sheet = call("sample", 4, 0)["sheet"]
    _header, _, body = sheet.partition(",")
    assert Image.open(io.BytesIO(base64.b64decode(body))).mode == "L"
