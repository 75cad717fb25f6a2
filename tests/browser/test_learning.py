"""How a model learned, and what the KL term is for: the slider through training, two maps."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.steps import PHONE, digit, settled
from tests.serving.in_process import served
from tests.serving.learned import STEPS, learned_models
from vae import history
from vae.ui.server.models import load
from vae.ui.server.service import Service

pytestmark = pytest.mark.xdist_group("learned")  # one worker makes the models and serves them

MAP, SLIDER, NAME = "#explore [data-cells]", "#explore [data-moment]", "#explore [data-moment-name]"
BIG = "#explore [data-digit]"
NAMES = ["before training", "after 10 steps", "after 1 epoch", "after 2 epochs", "after 4 epochs"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return learned_models(tmp_path_factory.mktemp("learned"))


@pytest.fixture(scope="module")
def address(weights):
    """Of the app over models with a history, but for the default one."""
    models, _ = load(weights)
    with served(Service(models)) as demo:
        yield demo.local_url


def counted(page: Page, name: str, least: int = 1) -> None:
    page.wait_for_function(
        """([name, least]) => {
            const tab = document.querySelector("#explore [data-ready]");
            return Number(tab?.dataset[name]) >= least;
        }""",
        arg=[name, least],
    )


def at_the_map(open_page, query: str = "", **options) -> Page:
    page = open_page(f"?tab=explore{query}", **options)
    counted(page, "histories")
    return page


def kept(weights, name: str, index: int, picture: str) -> np.ndarray:
    """A picture of a moment, as the history holds it."""
    file = getattr(history.load(weights / name, 4 if name == "mlp" else 2).moments[index], picture)
    return np.asarray(Image.open(io.BytesIO(file)).convert("L"), dtype=int)


def shows(page: Page, selector: str, expected: np.ndarray) -> None:
    assert np.abs(digit(page, selector).astype(int) - expected).mean() < 1


def passes(page: Page, moment: str) -> None:
    """Wait for the name of a moment that the training plays past."""
    page.wait_for_function(
        "([name, moment]) => document.querySelector(name).textContent === moment",
        arg=[NAME, moment],
    )


def cell_looked_at(page: Page, manifold: np.ndarray) -> np.ndarray:
    """The digit of a map's picture where the visitor looks."""
    column, row = page.evaluate(
        """() => {
            const { style } = document.querySelector("#explore [data-looked-at]");
            const share = (name) => style.getPropertyValue(name);
            return ["--across", "--down"].map((name) => Math.floor(20 * share(name)));
        }"""
    )
    return manifold[28 * row : 28 * row + 28, 28 * column : 28 * column + 28]


def moments(page: Page, call: str) -> object:
    """What a call of a function of moments.js, `m`, gives."""
    return page.evaluate(
        f"""async () => {{
            const mount = document.querySelector('link[href$="/client/mount.js"]').href;
            const m = await import(new URL("../tabs/explore/moments.js", mount));
            return {call};
        }}"""
    )


def test_the_training_of_the_map_is_gone_through_without_a_request_and_played(open_page, weights):
    page = at_the_map(open_page)
    counted(page, "exact")
    finished = digit(page, MAP)
    name, slider, play = map(page.locator, (NAME, SLIDER, "#explore [data-play]"))
    expect(name).to_have_text(NAMES[-1])
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    slider.press("Home")
    for index, words in enumerate(NAMES[:-1]):
        expect(name).to_have_text(words)
        shows(page, MAP, kept(weights, "map", index, "manifold"))
        assert words in slider.get_attribute("aria-valuetext")
        reconstruction = 200 - STEPS[index] / 2
        expect(page.locator("#explore [data-numbers]")).to_contain_text(f"{reconstruction:.1f}")
        page.keyboard.press("ArrowRight")
    expect(name).to_have_text(NAMES[-1])
    assert np.array_equal(digit(page, MAP), finished)
    # The digit of a moment is that moment's, and stays here.
    slider.press("Home")
    slider.press("ArrowRight")
    expect(name).to_have_text(NAMES[1])
    page.locator("#explore [data-map]").press("ArrowLeft")
    shows(page, BIG, cell_looked_at(page, kept(weights, "map", 1, "manifold")))
    expect(page.locator("#explore [data-send='a']")).to_be_disabled()
    assert not [url for url in requests if not url.startswith("data:")]
    page.locator("#explore [data-home]").click()
    expect(name).to_have_text(NAMES[-1])
    expect(page.locator("#explore [data-send='a']")).to_be_enabled()
    play.click()  # from its beginning to its end
    expect(play).to_have_text("Pause")
    passes(page, NAMES[2])
    expect(play).to_have_text("Play")
    expect(name).to_have_text(NAMES[-1])


def test_with_less_motion_it_plays_moment_by_moment(open_page):
    page = at_the_map(open_page, reduced_motion="reduce")
    values = page.evaluate(
        """async () => {
            const slider = document.querySelector("#explore [data-moment]");
            const seen = new Set();
            document.querySelector("#explore [data-play]").click();
            while (document.querySelector("#explore [data-playing]").dataset.playing === "true") {
                seen.add(slider.valueAsNumber);
                await new Promise(requestAnimationFrame);
            }
            return [...seen];
        }"""
    )
    assert values == [20 * index for index in range(len(NAMES) - 1)] + values[len(NAMES) - 1 :]
    assert set(values) <= {20 * index for index in range(len(NAMES))}


def test_a_finger_on_the_slider_comes_to_rest_at_a_moment(open_page, weights):
    page = at_the_map(open_page, **PHONE)
    slider = page.locator(SLIDER)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box["height"] >= 44
    page.touchscreen.tap(box["x"] + 0.55 * box["width"], box["y"] + box["height"] / 2)
    expect(page.locator(NAME)).to_have_text(NAMES[2])
    assert slider.input_value() == "40"
    shows(page, MAP, kept(weights, "map", 2, "manifold"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_the_kl_term_codes_far_beyond_the_prior_are_decoded_and_linked(open_page, weights):
    page = at_the_map(open_page)  # of a VAE
    expect(page.get_by_label("With the KL term")).to_be_checked()
    expect(page.locator("#explore [data-circle]")).to_be_hidden()
    page.locator("#explore [data-kl] label", has_text="Without").click()
    counted(page, "maps", 2)
    counted(page, "histories", 2)
    expect(page.locator("#explore [data-circle]")).to_be_visible()
    expect(page.locator("#explore [data-lede]")).to_contain_text("beyond the prior")
    expect(page.locator("#explore [data-curve]")).not_to_contain_text("ELBO")
    # The circle is the prior's on the scale of the map.
    square = history.square_of(
        torch.tensor(history.load(weights / "autoencoder", 2).moments[-1].codes)
    )
    plate, circle = map(page.locator, ("#explore [data-map]", "#explore [data-circle]"))
    side = plate.bounding_box()["width"]
    share = 2 * history.PRIOR_RADIUS / square.side
    assert circle.bounding_box()["width"] / side == pytest.approx(share, rel=0.05)
    plate.click(position={"x": side - 6, "y": side - 6})
    page.wait_for_function("inside.store.get('spot')")
    spot = page.evaluate("inside.store.get('spot')")
    assert max(map(abs, spot)) > 100
    settled(page)
    expect(page.locator("#explore [data-problem]")).to_be_empty()
    page.locator(SLIDER).press("ArrowLeft")
    page.goto(page.evaluate("inside.writeLink().address"))
    page.wait_for_function("window.inside")
    counted(page, "histories")
    state = page.evaluate("['mapped', 'moment', 'spot'].map(inside.store.get)")
    assert state == ["autoencoder", STEPS[-2], spot]
    expect(page.locator(NAME)).to_have_text(NAMES[-2])


def test_other_models_show_the_sheet_of_the_same_codes(open_page, weights):
    page = at_the_map(open_page, "&model=mlp&explore=learning&moment=50")
    expect(page.locator(NAME)).to_have_text(NAMES[2])
    for name in ("samples", "reconstructions"):
        shows(page, f"#explore [data-{name}]", kept(weights, "mlp", 2, name))
    page.locator(SLIDER).press("Home")
    shows(page, "#explore [data-samples]", kept(weights, "mlp", 0, "samples"))
    # Back on the map, the slider is that of the map's model.
    page.locator("#explore label", has_text="Map").click()
    counted(page, "histories", 2)
    expect(page.locator(NAME)).to_have_text(NAMES[0])
    shows(page, MAP, kept(weights, "map", 0, "manifold"))


def test_the_maps_curve_has_words_and_keys_and_a_model_without_a_history_has_none(open_page):
    page = at_the_map(open_page, "&explore=learning")  # of conv, which has none
    expect(page.locator("#explore label", has_text="Learning")).to_be_hidden()
    expect(page.locator("#explore [data-map]")).to_be_visible()
    words = page.locator("#explore [data-plot]").get_attribute("aria-label")
    for part in ("negative ELBO", "from 200.0 to 110.0", "from 0.0 to 10.0", "113.0"):
        assert part in words
    for name in ("test", "train", "reconstruction", "kl"):
        expect(page.locator(f"#explore [data-plot] .{name}")).to_be_attached()
        expect(page.locator(f"#explore [data-numbers] .{name}")).to_be_visible()
    page.locator("#explore label", has_text="Dimensions").click()
    expect(page.locator("#explore [data-timeline]")).to_be_hidden()
    expect(page.locator("#explore [data-curve]")).to_be_hidden()


def test_a_plain_autoencoder_is_called_so_and_its_samples_stand_beside_a_vaes(open_page):
    page = open_page("?model=autoencoder")
    picker = page.get_by_label("Model", exact=True)
    expect(picker.locator("option:checked")).to_have_text(
        "autoencoder · 2 numbers, plain autoencoder"
    )
    expect(picker.locator("option", has_text="map")).to_have_text("map · 2 numbers")
    expect(page.locator("#draw [data-verdict]")).to_contain_text("without the KL term")
    expect(page.locator("#draw [data-verdict]")).not_to_contain_text("ELBO")
    page.get_by_role("tab", name="How it works").click()
    expect(page.locator("#how [data-answers]")).to_be_visible()
    expect(page.locator("#how #how-elbo dt", has_text="ELBO")).to_be_hidden()
    expect(page.locator("#how #how-kl")).to_contain_text("plain autoencoder")
    expect(page.locator("#how [data-overview]").get_by_text("ELBO")).to_be_hidden()
    for kind, name in (("with", "map"), ("without", "autoencoder")):
        expect(page.locator(f"#how [data-sheet='{kind}']")).to_be_visible()
        expect(page.locator(f"#how [data-sheet-model='{kind}']")).to_have_text(name)
    sheets = [digit(page, f"#how [data-sheet='{kind}']") for kind in ("with", "without")]
    assert [sheet.shape for sheet in sheets] == [(112, 112)] * 2
    assert not np.array_equal(*sheets)


def test_steps_lie_among_the_moments_by_their_logarithm(untouched):
    steps = "[0, 10, 30, 100, 300]"
    positions = moments(untouched, f"{steps}.map((step) => m.positionOf(step, {steps}))")
    assert positions == [0, 1, 2, 3, 4]
    between = moments(untouched, f"m.positionOf(54, {steps})")
    expected = 2 + np.log(55 / 31) / np.log(101 / 31)
    assert between == pytest.approx(expected)
    assert moments(untouched, f"m.positionOf(1000, {steps})") == 4
    names = moments(untouched, "[0, 1, 30, 469, 938].map((step) => m.nameOf(step, 469))")
    assert names == [
        "before training",
        "after 1 step",
        "after 30 steps",
        "after 1 epoch",
        "after 2 epochs",
    ]
