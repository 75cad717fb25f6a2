"""Calls that nobody should send, as hypothesis strategies: one seed, the same calls.

What each is made of depends on nothing but the draw, so that a seed and a number name a call.
"""

import base64
import functools
import io
import json
import struct
import zlib
from typing import NamedTuple

from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from tests.serving import calls
from tests.serving.process import API, Function

JSON_TYPE = {"Content-Type": "application/json"}
PLACES = [
    "/etc/passwd",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "http://127.0.0.1:1/",
    "http://169.254.169.254/latest/meta-data/",
    "https://example.com/digit.png",
    "//example.com/digit.png",
    "\\\\host\\share\\digit.png",
    "app.py",
    "/proc/self/environ",
    "data:text/html,<script>alert(1)</script>",
    "ftp://example.com/x.png",
    "C:\\Windows\\win.ini",
]
TEXTS = [
    *("", "\0", "null", "NaN", "conv\0", "conv/../conv", "__class__", "__proto__", "{{7*7}}"),
    *("${7*7}", "<img src=x onerror=alert(1)>", "'; DROP TABLE digits; --", "%s%n", "🖊️" * 50),
    *("\ud800", "\u202e543", "ﬀ", "é" * 1000, "٣", "x" * 100_000, "A" * 3_000_000),
]


class Call(NamedTuple):
    kind: str
    method: str
    path: str
    body: bytes | None
    headers: dict[str, str]


def any_call(
    functions: list[Function], endpoints: dict[str, list[dict]], dimensions: int
) -> st.SearchStrategy[Call]:
    """One call, of any kind."""
    targets = [*functions, *endpoints]
    good = {**calls.of_the_page(1, dimensions), **calls.of_the_endpoints(1, dimensions)}
    # What is known of one function is tried on those that nothing is known of.
    keys = sorted({key for value in good.values() if isinstance(value, dict) for key in value})

    def values(target: Function | str) -> st.SearchStrategy[Call]:
        """A request of the right form in which some values are hostile."""
        if isinstance(target, Function):
            start = good.get(target.label, dict.fromkeys([*keys, "model"]))
            fields = {key: hostile_or(value, key) for key, value in start.items()}
            odd = {"model": hostile_or("conv", "model"), "extra": junk()}
            request = st.fixed_dictionaries({}, optional={**odd, **fields})
            return st.builds(lambda value: post("values", target, target.body(value)), request)
        names = [each["parameter_name"] for each in endpoints[target]]
        start = good.get(target, [None] * len(names))
        data = st.tuples(*map(hostile_or, start, names)).map(list)
        data |= st.tuples(data, st.lists(junk(), max_size=2)).map(lambda both: both[0] + both[1])
        return st.builds(lambda value: post("values", target, {"data": value}), data)

    def shapes(target: Function | str) -> st.SearchStrategy[Call]:
        """Anything where the request or the arguments belong."""
        if isinstance(target, Function):
            return st.builds(lambda value: post("shapes", target, target.body(value)), junk())
        return st.builds(lambda value: post("shapes", target, {"data": value}), junk())

    def wrappers(target: Function | str) -> st.SearchStrategy[Call]:
        """A good request in a wrapper whose own fields are hostile or missing."""
        if isinstance(target, Function):
            whole = target.body(good.get(target.label, {}))
        else:
            whole = {"data": good.get(target, []), "fn_index": None, "session_hash": "visitor"}
            whole |= {"event_id": None, "batched": False, "trigger_id": None}
        fields = {key: st.just(value) | junk() for key, value in whole.items()}
        body = st.fixed_dictionaries({}, optional={**fields, "extra": junk()})
        return st.builds(lambda value: post("wrappers", target, value), body)

    def raw(target: Function | str) -> st.SearchStrategy[Call]:
        """Bytes that are not, or not quite, the JSON of a good call."""
        if isinstance(target, Function):
            whole = target.body(good.get(target.label, {}))
        else:
            whole = {"data": good.get(target, [])}
        body = damaged(json.dumps(whole).encode())
        headers = st.sampled_from(
            [
                JSON_TYPE,
                {},
                {"Content-Type": "text/plain"},
                {"Content-Type": "multipart/form-data"},
                {"Content-Type": "multipart/form-data; boundary=x"},
                {"Content-Type": "application/json; charset=utf-16"},
                {**JSON_TYPE, "Content-Encoding": "gzip"},
                {**JSON_TYPE, "Accept-Encoding": "br"},
                {**JSON_TYPE, "Content-Length": "-1"},
                {**JSON_TYPE, "Content-Length": "9" * 30},
            ]
        )
        return st.builds(lambda b, h: Call("raw", "POST", path_of(target), b, h), body, headers)

    kinds = [values, values, values, shapes, wrappers, raw]
    of_targets = [st.one_of([kind(target) for target in targets]) for kind in kinds]
    # As many alternatives as targets: hypothesis picks evenly among them all.
    routes = [gradio_routes(endpoints) for _ in targets]
    return st.one_of(*of_targets, *routes)


def path_of(target: Function | str) -> str:
    if isinstance(target, Function):
        return f"{API}/component_server"
    return f"{API}/run/{target}"


def post(kind: str, target: Function | str, value: object) -> Call:
    return Call(kind, "POST", path_of(target), json.dumps(value).encode(), JSON_TYPE)


def hostile_or(value: object, name: str) -> st.SearchStrategy:
    """`value` itself, or something hostile that fits the name of the field."""
    special = {"ink": inks(), "image": images(), "start": images() | junk(), "end": images()}
    return st.just(value) | special.get(name, like(value)) | junk()


def like(value: object) -> st.SearchStrategy:
    """Values near a good one: of its type, or its bounds' neighbours."""
    numbers = st.sampled_from(
        [
            *(-1, 0, 1, 2, 120, 121, 122, 399, 400, 401, 2**31 - 1, 2**31, 2**63, 10**400),
            *(-0.0, 0.5, 2.0, 2.0000001, 3.0, 1e308, float("nan"), float("inf"), -float("inf")),
            *(True, "3", "\u0663"),
        ]
    )
    if isinstance(value, list):
        return st.lists(numbers | st.floats(), max_size=len(value) + 2)
    return numbers if isinstance(value, int | float) else st.text(max_size=40)


@functools.cache
def junk() -> st.SearchStrategy:
    """Any JSON value, NaN and lone surrogates included."""
    numbers = st.integers() | st.floats() | st.sampled_from([10**400, -(2**63), 2**53 + 1, 1e-320])
    texts = st.text(max_size=20) | st.sampled_from(TEXTS[:-2] + PLACES) | st.sampled_from(TEXTS)
    leaves = st.none() | st.booleans() | numbers | texts
    # What Gradio itself takes for a file, or for one of its own messages.
    files = st.fixed_dictionaries(
        {"path": st.sampled_from(PLACES)},
        optional={
            "url": st.sampled_from(PLACES),
            "meta": st.just({"_type": "gradio.FileData"}),
            "__type__": st.sampled_from(["update", "generator", "state"]),
            "orig_name": st.sampled_from(PLACES),
        },
    )
    nested = st.builds(functools.partial(functools.reduce, lambda x, _: [x]), st.just(range(900)))
    flat = st.lists(leaves, max_size=5) | st.dictionaries(st.text(max_size=8), leaves, max_size=4)
    return st.one_of(leaves, flat, st.lists(flat | files, max_size=3), files, nested)


def damaged(good: bytes) -> st.SearchStrategy[bytes]:
    """Truncated, flipped, doubled, wrapped, or something else entirely."""
    cut = st.integers(0, len(good) - 1).map(lambda place: good[:place])
    flipped = st.tuples(st.integers(0, len(good) - 1), st.integers(0, 255)).map(
        lambda both: good[: both[0]] + bytes([both[1]]) + good[both[0] + 1 :]
    )
    odd = st.sampled_from(
        [
            b"",
            good * 2,
            b"\xef\xbb\xbf" + good,
            good.decode().encode("utf-16"),
            zlib.compress(good),
            b"null",
            b"[]",
            b'"data"',
            b"NaN",
            b"-",
            b"1e999999",
            b"9" * 5000,  # more digits than Python turns into a number
            b"[" * 100_000,
            b"[" * 100_000 + b"]" * 100_000,
            b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
            b'{"data":' * 900 + b"1" + b"}" * 900,
            good[:-1] + b',"data":null}',
            good.replace(b"data", b"da\\u0074a"),
            b'--x\r\nContent-Disposition: form-data; name="fn_name"\r\n\r\nread\r\n--x--\r\n',
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="../x"\r\n\r\nx\r\n--x--',
            b"a=1&b=2",
            b"\xff\xfe\xfd",
        ]
    )
    return cut | flipped | odd | st.binary(max_size=200)


def gradio_routes(endpoints: dict) -> st.SearchStrategy[Call]:
    """Gradio's own routes, which the page does not use and anybody can reach."""
    place = st.sampled_from(PLACES).map(lambda text: text.replace("\\", "%5C"))
    get = st.sampled_from(
        [
            *(f"{API}/file=", f"{API}/file/", f"{API}/proxy=", "/static/", "/assets/", "/svelte/"),
            *(f"{API}/custom_component/4/client/component/", "/pwa_icon/", f"{API}/run/"),
            *(f"{API}/stream/a/1/4/", "/monitoring/", f"{API}/info?all_endpoints=", "/?deep_link="),
            *(
                f"{API}/deep_link?session_hash=",
                "/config?x=",
                f"{API}/openapi.json?x=",
                "/theme.css",
            ),
        ]
    )
    gets = st.builds(lambda a, b: Call("routes", "GET", a + b, None, {}), get, place)
    bodies = junk() | st.fixed_dictionaries(
        {},
        optional={
            "data": junk(),
            "session_hash": st.just("visitor") | junk(),
            "event_id": junk(),
            "fn_index": st.integers(-2, 9) | junk(),
            "code": junk(),
            "prompt": junk(),
        },
    )
    routes = [f"{API}/call/{name}" for name in endpoints] + [
        f"{API}{name}"
        for name in (
            *("/call/none", "/call/v2/decode", "/run/none", "/api/decode", "/queue/join"),
            *("/cancel", "/reset", "/upload", "/process_recording", "/vibe-edit", "/stream/x"),
        )
    ]
    posts = st.builds(
        lambda path, value: Call("routes", "POST", path, json.dumps(value).encode(), JSON_TYPE),
        st.sampled_from([*routes, "/login"]),
        bodies,
    )
    uploads = st.builds(upload, st.sampled_from(PLACES + TEXTS[:8]), st.binary(max_size=100))
    methods = st.builds(
        lambda method, path: Call("routes", method, path, None, {}),
        st.sampled_from(["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "GET"]),
        st.sampled_from([f"{API}/component_server", f"{API}/run/decode", "/", "/config"]),
    )
    return st.one_of(gets, posts, uploads, methods)


def upload(name: str, content: bytes) -> Call:
    name = name.encode("utf-8", "replace").replace(b'"', b"%22").replace(b"\0", b"%00")
    body = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="'
        + name
        + b'"\r\nContent-Type: image/png\r\n\r\n'
        + content
        + b"\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return Call("routes", "POST", f"{API}/upload", body, headers)


@functools.cache
def inks() -> st.SearchStrategy[str]:
    """What a pad might have sent: zlib in base64, of any content and length, damaged or a bomb."""
    good = calls.ink(1)
    side = calls.PAD_SIDE
    packed = st.sampled_from(
        [
            zlib.compress(bytes(side * side)),
            zlib.compress(b"\xff" * side * side),
            zlib.compress(b"\x01" * side * side),
            zlib.compress(bytes(side * side - 1) + b"\xff"),
            zlib.compress(bytes(side * side - 1)),
            zlib.compress(bytes(side * side + 1)),
            zlib.compress(bytes(15_000_000), 9),  # short enough to be looked at
            zlib.compress(b""),
            zlib.compress(b"\xff" * side * side) + b"more",
            zlib.compress(b"\xff" * side * side)[:-4],
            zlib.compress(b"\xff" * side * side)[2:-4],
            b"\x1f\x8b" + bytes(20),
            b"x\x9c",
        ]
    )
    grey = st.binary(min_size=1, max_size=64).map(
        lambda part: zlib.compress((part * side * side)[: side * side])
    )
    encoded = (packed | grey).map(lambda content: base64.b64encode(content).decode())
    cut = st.integers(0, len(good) - 1).map(lambda place: good[:place])
    odd = st.sampled_from([good + "=", " " + good, good + "\n", "é" + good, "A" * 25_089, "=" * 99])
    return encoded | cut | odd


@functools.cache
def images() -> st.SearchStrategy[str]:
    """Picture files of every kind as data URIs: supported or not, damaged, bombs, mislabelled."""
    names = sorted(pictures())
    file = st.sampled_from(names).map(lambda name: pictures()[name])
    flipped = st.tuples(file, st.floats(0, 0.999), st.integers(0, 255)).map(_flipped)
    cut = st.tuples(file, st.floats(0, 1)).map(lambda x: x[0][: int(len(x[0]) * x[1])])
    header = st.sampled_from(
        ["data:image/png;base64,"] * 6
        + ["data:image/svg+xml;base64,", "data:image/jpeg;base64,", "DATA:IMAGE/PNG;BASE64,"]
        + ["data:text/html;base64,", "data:image/png,", "", " data:image/png;base64,"]
        + ["data:image/png;charset=utf-8;base64,", "data:image/" + "x" * 99 + ";base64,"]
    )
    uris = st.builds(
        lambda start, content: start + base64.b64encode(content).decode(),
        header,
        file | flipped | cut,
    )
    good = calls.photo(1)
    odd = st.sampled_from(
        [good + "=", good.replace("A", "A\n"), good + "é", good[:-1], good.replace("/", "_")]
    )
    return uris | odd | st.sampled_from(PLACES)


def _flipped(drawn: tuple[bytes, float, int]) -> bytes:
    content, where, value = drawn
    place = int(len(content) * where)
    return content[:place] + bytes([value]) + content[place + 1 :]


@functools.cache
def pictures() -> dict[str, bytes]:
    """Files by name; each small to send."""
    grey, colour = calls.digit(1), calls.digit(1).convert("RGB")
    frames = [calls.digit(index) for index in range(3)]
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    text = PngImagePlugin.PngInfo()
    text.add_text("bomb", "A" * 50_000_000, zip=True)
    found = {
        "grey.png": _file(grey, "PNG"),
        "colour.png": _file(colour, "PNG"),
        "bilevel.png": _file(grey.convert("1"), "PNG"),
        "palette.png": _file(grey.convert("P"), "PNG", transparency=0),
        "alpha.png": _file(colour.convert("RGBA"), "PNG"),
        "grey-alpha.png": _file(grey.convert("LA"), "PNG"),
        "sixteen-bit.png": _file(grey.convert("I;16"), "PNG"),
        "animated.png": _file(grey, "PNG", save_all=True, append_images=frames),
        "text-bomb.png": _file(grey, "PNG", pnginfo=text),
        "one-pixel.png": _file(Image.new("L", (1, 1), 255), "PNG"),
        "line.png": _file(Image.new("L", (4_000_000, 1)), "PNG"),
        "column.png": _file(Image.new("1", (1, 4_194_304), 1), "PNG"),
        "just-small-enough.png": _file(Image.new("L", (2048, 2048), 255), "PNG"),
        "too-large.png": _file(Image.new("1", (2049, 2048)), "PNG"),
        "bomb.png": _png_header(40_000, 40_000),
        "bomb-of-colours.png": _png_header(2**31 - 1, 2**31 - 1),
        "no-pixels.png": _png_header(0, 0),
        "empty-data.png": _png_header(112, 112),
        "photo.jpg": _file(colour, "JPEG", exif=exif),
        "cmyk.jpg": _file(colour.convert("CMYK"), "JPEG"),
        "progressive.jpg": _file(colour, "JPEG", progressive=True),
        "still.gif": _file(grey, "GIF"),
        "animated.gif": _file(grey, "GIF", save_all=True, append_images=frames),
        "screen-bomb.gif": b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0" + bytes(6),
        "photo.webp": _file(colour, "WEBP"),
        "animated.webp": _file(colour, "WEBP", save_all=True, append_images=frames),
        "photo.bmp": _file(colour, "BMP"),
        "upside-down.bmp": _file(colour, "BMP").replace(*_negated_height(colour.height), 1),
        "grey.tiff": _file(grey, "TIFF"),
        "float.tiff": _file(grey.convert("F"), "TIFF"),
        "sixteen-bit.tiff": _file(grey.convert("I;16"), "TIFF"),
        "icon.ico": _file(grey, "ICO"),
        "page.pdf": _file(grey, "PDF"),
        "page.eps": _file(grey, "EPS"),
        "picture.ppm": _file(grey, "PPM"),
        "outside.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/>'
        b"</svg>",
        "entities.svg": b'<!DOCTYPE s [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]><svg>&x;</svg>',
        "page.html": b"<script>alert(1)</script>",
        "nothing": b"",
        "zeros": bytes(1000),
    }
    for name in [name for name in found if name.endswith((".jpg", ".gif", ".webp", ".bmp"))]:
        found[f"half-{name}"] = found[name][: len(found[name]) // 2]
    return found


def _file(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _png_header(width: int, height: int) -> bytes:
    """A PNG that promises width x height pixels and holds next to none."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
        + chunk(b"IEND", b"")
    )


def _negated_height(height: int) -> tuple[bytes, bytes]:
    return struct.pack("<i", height), struct.pack("<i", -height)
