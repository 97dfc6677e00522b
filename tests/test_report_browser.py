"""The report in a browser: chromium, without a window."""

import io
import shutil

import numpy as np
import pytest
from PIL import Image

import mosaic_file
import newest
from small import GUARD
from zetwopass import report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("no chromium, as apt-get install chromium brings it", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="no playwright for this system")
pytestmark = newest.wants("astropy", "6.1", "it can't draw with this matplotlib")

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    mosaic = mosaic_file.grid(folder, across=4, down=3, channels=3, name="{}" + mosaic_file.ODD)
    return report.write_report(mosaic, folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        # Root, as which CI runs, has no sandbox.
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser, address):
    """Return what opens the report in a window of its own, and the messages of its console."""
    contexts, messages = [], []

    def open_page(viewport=DESK, **options):
        context = browser.new_context(viewport=viewport, offline=True, **options)
        context.set_default_timeout(1000 * GUARD)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("requestfailed", lambda request: messages.append(request.url[:80]))
        page.goto(address)
        return page

    yield open_page, messages
    for context in contexts:
        context.close()


def clip(page):
    return page.locator(".compare-after").evaluate("e => getComputedStyle(e).clipPath")


def test_all_pictures_load_and_the_console_stays_empty(opened):
    # Without it a picture that browsers don't take, or an error of the script, goes unseen.
    open_page, messages = opened
    page = open_page()
    sizes = page.eval_on_selector_all("img", "all => all.map(e => e.complete && e.naturalWidth)")
    assert len(sizes) == 2 + 2 * 8
    assert min(sizes) > 0
    heights = page.eval_on_selector_all(
        "svg", "all => all.map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) > 50
    assert messages == []


def test_the_slider_moves_the_picture_by_keyboard_and_by_pointer(opened):
    # Without it before and after can't be compared.
    page = opened[0]()
    assert clip(page) == "inset(0px 0px 0px 50%)"
    page.get_by_label("Where before ends and after begins").focus()
    page.keyboard.press("Home")
    assert clip(page) == "inset(0px 0px 0px 0%)"
    page.keyboard.press("End")
    assert clip(page) == "inset(0px 0px 0px 100%)"
    box = page.locator("#compare").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    assert page.locator("#split").input_value() == "25"
    assert clip(page) == "inset(0px 0px 0px 25%)"


def test_before_and_after_show_different_pixels_at_the_same_place(opened):
    # Without it the slider may uncover the picture that is above already.
    page = opened[0]()
    page.locator("#split").fill("0")
    after = shot(page.locator("#compare"))
    page.locator("#split").fill("100")
    before = shot(page.locator("#compare"))
    assert after.shape == before.shape
    assert np.mean(after != before) > 0.3


def test_without_scripts_both_pictures_are_shown_one_above_the_other(opened):
    # Without it mail programs and those who allow no scripts see one picture, or none.
    page = opened[0](java_script_enabled=False)
    before, after = (page.locator(f"#picture-{when}").bounding_box() for when in BOTH)
    assert after["y"] >= before["y"] + before["height"]
    assert not page.locator("#slider").is_visible()


BOTH = ("before", "after")


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_is_wider_than_the_window(opened, viewport):
    # Without it a phone shows a strip of the page, and the rest by scrolling sideways.
    page = opened[0](viewport)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    wide = page.eval_on_selector_all(
        "body *",
        "all => all.filter(e => !e.closest('svg, .box') && "
        "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))",
    )
    assert wide == []


def test_letters_of_charts_can_be_read_on_a_phone(opened):
    # Without it charts drawn for a desk are dust on a phone; 7 pixels are the least.
    page = opened[0](PHONE)
    heights = page.eval_on_selector_all(
        "svg text",
        "all => all.map(e => [e, e.getScreenCTM()]).map(([e, m]) => "
        "parseFloat(getComputedStyle(e).fontSize) * Math.hypot(m.a, m.b))",
    )
    assert len(heights) > 50
    assert min(heights) > 7


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_page_and_figures_follow_the_theme(opened, scheme, dark):
    # Without it the page blinds at night, or its figures are dark on dark.
    page = opened[0](color_scheme=scheme)
    paper = luminance(page.locator("body"), "backgroundColor")
    letters = [
        luminance(page.locator("#chart-offsets text").first, "fill"),
        luminance(page.locator("h1"), "color"),
    ]
    assert (paper < 0.1) == dark
    assert all(abs(shade - paper) > 0.3 for shade in letters)


def luminance(locator, what):
    """Return the luminance, 0 to 1, of a colour rgb(r, g, b)."""
    text = locator.evaluate(f"e => getComputedStyle(e).{what}")
    colour = np.array([float(part) for part in text[4:-1].split(",")]) / 255
    return float(colour @ [0.2126, 0.7152, 0.0722])


def test_the_whole_page_is_painted(opened):
    # Without it a page that is in order to every other test may be white.
    seen = shot(opened[0](), full_page=True)
    grey = seen.sum(axis=2, dtype=np.int32)
    assert min(len(np.unique(part)) for part in np.array_split(grey, 12)) > 8


def shot(target, **options):
    """Return a screenshot [h, w, 3]."""
    return np.asarray(Image.open(io.BytesIO(target.screenshot(**options))).convert("RGB"))
