"""The page in a real browser: what a person does there, with mouse, finger and keyboard."""

import re
import time

import numpy as np
import pytest
from PIL import Image

from fastmlp import Network, Trainer, load_dataset, load_network
from fastmlp.serve.single_file import write_html

pytestmark = pytest.mark.page

NONE = "\N{EN DASH}"
SEVEN = [(0.28, 0.25), (0.5, 0.24), (0.72, 0.25), (0.62, 0.45), (0.5, 0.65), (0.42, 0.82)]
LAPTOP, PHONE, LARGE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}, {"width": 2560, "height": 1440}


@pytest.fixture(scope="module")
def trained(mnist_or_drawn, tmp_path_factory):
    """A network that reads digits, in a file."""
    digits = load_dataset(mnist_or_drawn)
    network = Network((784, 64, 10), "relu", "cross_entropy", schema=digits.schema)
    Trainer(network, "adam", 0.001).fit(*digits.train, epochs=6)
    path = tmp_path_factory.mktemp("model") / "digits.safetensors"
    network.save(path)
    return path


@pytest.fixture(scope="module")
def trained_server(make_server, mnist_or_drawn, trained):
    """A server that begins with that network."""
    return make_server("--data", mnist_or_drawn, "--model", trained)


def until(check, seconds=30):
    """Wait until a function returns something true, and return it."""
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, f"it did not happen within {seconds} s"
        time.sleep(0.05)
    return found


def text(page, selector):
    return page.locator(selector).inner_text()


def draw(page, points=SEVEN):
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def is_connected(page):
    return page.locator("#connection").get_attribute("data-is") == "open" and page.locator(".node").count() > 0


def open_connected(open_page, address, **options):
    page = open_page(address, viewport=options.pop("viewport", LAPTOP), **options)
    until(lambda: is_connected(page))
    return page


def accuracy(page):
    words = text(page, "[data-reading=test]")
    return float(words.removesuffix(" %")) / 100 if "%" in words else 0.0


def epoch(page):
    return int(text(page, "[data-reading=epoch]").replace(",", ""))


def set_state(page):
    """What the page shows of its settings, as the URL has it."""
    return page.evaluate("decodeURIComponent(location.hash)")


# ---- drawing ---------------------------------------------------------------------------------------------------------


def test_a_seven_is_drawn_and_read(open_page, trained_server):
    page = open_connected(open_page, trained_server.address)
    assert page.locator("#invitation").is_visible()
    draw(page)
    until(lambda: text(page, "#answer-digit") == "7")
    assert not page.locator("#invitation").is_visible()
    assert page.locator(".output[data-top]").inner_text().startswith("7")
    until(lambda: text(page, "#answer-live").startswith("7."))  # a screen reader hears it
    page.locator("#undo").click()
    until(lambda: text(page, "#answer-digit") == NONE)
    assert page.locator("#invitation").is_visible()


def test_each_stroke_is_answered_within_50_ms(open_page, trained_server):
    page = open_connected(open_page, trained_server.address)
    page.evaluate("""() => {
        window.times = [];
        const seen = document.getElementById("outputs");
        let began = 0;
        document.getElementById("pad").addEventListener("pointerdown", () => { began = performance.now(); });
        new MutationObserver(() => { if (began) { window.times.push(performance.now() - began); began = 0; } })
            .observe(seen, { subtree: true, characterData: true, childList: true, attributes: true });
    }""")
    for k in range(15):
        draw(page, [(0.2 + 0.04 * k, 0.2), (0.8, 0.3 + 0.03 * k)])
        time.sleep(0.1)
    times = page.evaluate("window.times")
    assert len(times) >= 8
    assert np.median(times) < 50


def test_test_images_and_noise(open_page, trained_server):
    page = open_connected(open_page, trained_server.address)
    page.locator("#random").click()
    until(lambda: re.match("Right|Wrong", text(page, "#answer-words")))
    page.locator("#noise").click()
    until(lambda: "noise" in text(page, "#answer-words"))
    page.locator("#clear").click()
    until(lambda: text(page, "#answer-words") == "Nothing drawn yet.")


def test_an_image_is_chosen_with_the_keyboard(open_page, trained_server):
    page = open_connected(open_page, trained_server.address)
    page.locator("#choose").focus()
    page.keyboard.press("Enter")
    until(lambda: page.locator("#picker-images button").count() == 60)
    page.locator("#picker-label").select_option("3")
    until(lambda: set(page.locator("#picker-images button span").all_inner_texts()[:9]) <= {"3", *_says("3")})
    page.locator("#picker-wrong").focus()
    page.keyboard.press("Space")
    until(lambda: "→" in page.locator("#picker-images button span").first.inner_text())
    page.locator("#picker-images button").first.focus()
    page.keyboard.press("Enter")
    until(lambda: text(page, "#answer-words").startswith("Wrong"))
    assert "the label is 3" in text(page, "#answer-words")
    assert not page.locator("#picker").is_visible()


def _says(label):
    return {f"{label} → {k}" for k in range(10)}


# ---- training --------------------------------------------------------------------------------------------------------


def test_a_new_network_is_trained_above_90_percent(open_page, mnist_server):
    page = open_connected(open_page, mnist_server.address)
    draw(page)
    until(lambda: "it has not been trained" in text(page, "#answer-words"))
    page.locator("#train").click()
    until(lambda: accuracy(page) > 0.9, 120)
    until(lambda: text(page, "#answer-digit") == "7", 60)
    assert text(page, "#train") == "Pause"
    page.locator("#train").click()
    until(lambda: text(page, "#train") == "Continue")
    assert "test" in page.locator("#accuracy-chart").get_attribute("aria-label")
    before = epoch(page)
    page.locator("#step").click()
    until(lambda: epoch(page) > before and "paused" in text(page, "#run"), 60)
    page.locator("#reset").click()
    until(lambda: epoch(page) == 0 and "untrained" in text(page, "#run"))


def test_the_rate_moves_while_it_trains(open_page, server):
    page = open_connected(open_page, f"{server.address}#epochs=1000")
    page.locator("#train").click()
    until(lambda: epoch(page) >= 2, 120)
    slider = page.get_by_label("Learning rate")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("PageDown")
    rate = slider.get_attribute("aria-valuetext")
    until(lambda: f"learning_rate={float(rate):g}" in set_state(page))
    before = epoch(page)
    assert before >= 2  # the same network goes on
    until(lambda: epoch(page) > before + 1)
    assert text(page, "#train") == "Pause"


def test_other_settings_make_a_new_network_and_the_last_curve_stays(open_page, server):
    page = open_connected(open_page, server.address)
    page.locator("#step").click()
    until(lambda: epoch(page) == 1 and text(page, "#train") != "Pause", 120)
    page.get_by_label("Activation").select_option(label="ReLU")
    until(lambda: epoch(page) == 0 and "activation=relu" in set_state(page))
    field = page.get_by_label("Neurons of hidden layer 1")
    field.fill("300")
    until(lambda: "240,486 parameters, 5.8 MB" in text(page, "#controls"))  # said before it is taken
    field.press("Enter")
    page.get_by_label("Remove a hidden layer").click()
    until(lambda: "784-300-10" in text(page, "#run"))
    assert "top 16 of 300" in page.locator("#neurons").text_content()
    assert page.locator(".node").count() == 26
    chart = page.locator("#loss-chart")
    with_last_run = chart.screenshot()
    page.locator("#compare").uncheck()
    until(lambda: chart.screenshot() != with_last_run)
    page.locator("#compare").check()
    until(lambda: chart.screenshot() == with_last_run)


def test_settings_come_from_the_address(open_page, server):
    page = open_connected(open_page, f"{server.address}#hidden=40,20&activation=tanh&batch_size=50")
    until(lambda: "784-40-20-10" in text(page, "#run"))
    assert page.get_by_label("Activation").evaluate("each => each.selectedOptions[0].text") == "Tanh"
    assert page.get_by_label("Batch size").get_attribute("aria-valuetext") == "50"


def test_a_wrong_setting_in_the_address_is_said(open_page, server):
    page = open_page(f"{server.address}#hidden=100000", viewport=LAPTOP)
    until(lambda: "512" in text(page, "#notice"))


def test_two_browsers_have_their_own_networks(open_page, server):
    first, second = (open_connected(open_page, server.address) for _ in range(2))
    first.locator("#step").click()
    until(lambda: epoch(first) == 1, 120)
    second.get_by_label("Activation").select_option(label="Tanh")
    until(lambda: "activation=tanh" in set_state(second))
    assert epoch(second) == 0
    assert epoch(first) == 1
    assert "activation" not in set_state(first)


def test_the_model_is_downloaded(open_page, trained_server, tmp_path):
    page = open_connected(open_page, trained_server.address)
    page.get_by_text("Download").click()
    with page.expect_download() as download:
        page.get_by_text("model.safetensors").click()
    download.value.save_as(tmp_path / "model.safetensors")
    assert load_network(tmp_path / "model.safetensors").sizes == (784, 64, 10)


# ---- the network -----------------------------------------------------------------------------------------------------


def test_neurons_tell_what_they_look_for(open_page, trained_server):
    page = open_connected(open_page, trained_server.address)
    draw(page)
    until(lambda: text(page, "#answer-digit") == "7")
    page.locator("#gallery button").nth(2).click()
    until(lambda: "Adds to the outputs' sums" in text(page, "#neuron"))
    assert page.locator(".excites canvas").count() == 8
    page.locator(".node").first.hover()
    until(lambda: "of layer 1" in text(page, "#neuron"))
    page.locator(".node").last.click()
    until(lambda: "Output 9" in text(page, "#neuron"))
    page.keyboard.press("ArrowUp")
    until(lambda: "Output 8" in text(page, "#neuron"))
    page.keyboard.press("ArrowLeft")
    until(lambda: "of layer 1" in text(page, "#neuron"))


def test_the_first_layer_changes_while_it_learns(open_page, server):
    page = open_connected(open_page, server.address)
    tile = page.locator("#gallery canvas").first
    before = tile.evaluate("each => each.toDataURL()")
    page.locator("#train").click()
    until(lambda: tile.evaluate("each => each.toDataURL()") != before, 120)


# ---- the tour --------------------------------------------------------------------------------------------------------


def _tour(page, stop):
    page.locator(f"[data-stop={stop}]").click()
    until(lambda: page.locator("#tour-text").get_attribute("data-phase") == "done", 400)
    return text(page, "#tour-text")


def _numbers(sentences):
    return [float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*\.?\d*", sentences)]


def test_tour_neurons_are_neither_strokes_nor_noise(open_page, mnist_server):
    page = open_connected(open_page, mnist_server.address)
    _, pieces, image, noise, read = _numbers(_tour(page, "neurons"))
    assert image < pieces < noise
    assert read > 88
    until(lambda: "of layer 1" in text(page, "#neuron"))


def test_tour_noise_gets_a_confident_answer(open_page, mnist_server):
    page = open_connected(open_page, mnist_server.address)
    sentences = _tour(page, "noise")
    assert "noise" in sentences
    assert _numbers(sentences)[1] > 0.6
    until(lambda: "noise" in text(page, "#answer-words"))


def test_tour_shuffled_labels_are_memorised(open_page, mnist_server):
    page = open_connected(open_page, mnist_server.address)
    _, learned, n, new, *_ = _numbers(_tour(page, "memory"))
    assert learned > 90
    assert n <= 10_000
    assert new < 25
    assert "shuffled_labels=1" in set_state(page)


def test_tour_five_hundred_beat_sixteen(open_page, mnist_server):
    page = open_connected(open_page, mnist_server.address)
    words = _tour(page, "width")
    few, many = (float(each) for each in re.findall(r"([\d.]+)%", words)[:2])
    assert many > few > 85
    assert "500" in text(page, "#run")


def test_a_stop_of_the_tour_is_ended_by_its_button(open_page, mnist_server):
    page = open_connected(open_page, mnist_server.address)
    page.locator("[data-stop=width]").click()
    until(lambda: page.locator("#tour-text progress").count() == 1, 60)
    page.locator("[data-stop=width]").click()
    until(lambda: page.locator("#tour-text").get_attribute("data-phase") == "ended")
    until(lambda: text(page, "#train") != "Pause")


# ---- connection ------------------------------------------------------------------------------------------------------


def test_the_page_reconnects_when_the_server_is_started_again(open_page, make_server, digits, tmp_path):
    server = make_server("--data", digits, home=tmp_path)
    page = open_connected(open_page, server.address)
    page.forgiven.append("WebSocket connection")
    page.get_by_label("Activation").select_option(label="Tanh")
    until(lambda: "activation=tanh" in set_state(page))
    draw(page)
    server.end()
    until(lambda: "does not answer" in text(page, "#notice"))
    assert text(page, "#connection") == "Reconnecting"
    make_server("--data", digits, "--port", server.port, home=tmp_path)
    until(lambda: text(page, "#connection") == "Connected", 60)
    assert not page.locator("#notice").is_visible()
    until(lambda: page.locator(".output[data-top]").count() == 1)  # the drawing was sent again
    assert "activation=tanh" in set_state(page)
    page.locator("#step").click()
    until(lambda: epoch(page) == 1, 120)


def test_a_page_that_is_loaded_again_has_its_network(open_page, server):
    page = open_connected(open_page, server.address)
    page.locator("#step").click()
    until(lambda: epoch(page) == 1, 120)
    page.reload()
    until(lambda: is_connected(page) and epoch(page) == 1)


# ---- every screen, hand and eye --------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280, 2560])
def test_nothing_is_wider_than_the_screen(width, theme, open_page, server):
    page = open_connected(
        open_page, server.address, viewport={"width": width, "height": int(width * 0.6)}, color_scheme=theme
    )
    draw(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    outside = page.evaluate("""() => [...document.querySelectorAll("button, input, select, canvas, p, h2")]
        .filter(each => each.getClientRects().length && !each.closest("dialog, .hidden-words"))
        .filter(each => each.getBoundingClientRect().right > innerWidth).map(each => each.outerHTML)""")
    assert outside == []


@pytest.mark.parametrize("screen", [LAPTOP, LARGE])
def test_all_but_the_rarer_settings_is_on_one_screen(screen, open_page, server):
    page = open_connected(open_page, server.address, viewport=screen)
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 4


def test_nothing_moves_while_it_trains(open_page, server):
    page = open_connected(open_page, f"{server.address}#epochs=1000")
    draw(page)
    time.sleep(0.5)
    page.evaluate("""() => {
        window.shifts = 0;
        new PerformanceObserver(list => list.getEntries().forEach(each => { window.shifts += each.value; }))
            .observe({ type: "layout-shift" });
    }""")
    page.locator("#train").click()
    until(lambda: epoch(page) >= 3, 120)
    page.locator("#train").click()
    until(lambda: text(page, "#train") == "Continue")
    assert page.evaluate("window.shifts") == 0


def test_a_finger_draws_on_the_pad_and_scrolls_elsewhere(open_page, trained_server):
    page = open_connected(open_page, trained_server.address, viewport=PHONE, has_touch=True, is_mobile=True)
    client = page.context.new_cdp_session(page)
    box = page.locator("#pad").bounding_box()
    _swipe(client, [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN])
    until(lambda: text(page, "#answer-digit") == "7")
    assert page.evaluate("scrollY") == 0
    _swipe(client, [(40, 700 - 60 * k) for k in range(9)])
    until(lambda: page.evaluate("scrollY") > 100)


def _swipe(client, points):
    for k, (x, y) in enumerate(points):
        kind = "touchStart" if k == 0 else "touchMove"
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        time.sleep(0.03)
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_the_keyboard_reaches_every_control(open_page, server):
    page = open_connected(open_page, server.address)
    page.get_by_text("More settings").click()
    time.sleep(0.5)  # the network is laid out anew in the room that there is now
    wanted = set(page.evaluate(_CONTROLS))
    page.locator("body").evaluate("each => each.focus()")
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.mark ?? ''"))
    assert wanted <= reached
    assert page.evaluate("document.querySelectorAll('.node[tabindex=\"0\"]').length") == 1


_CONTROLS = """() => [...document.querySelectorAll("button, input, select, summary, .node[tabindex='0']")]
    .filter(each => each.getClientRects().length && !each.disabled)
    .map((each, k) => each.dataset.mark = String(k))"""


def test_every_control_has_a_name(open_page, server):
    page = open_connected(open_page, server.address)
    page.get_by_text("More settings").click()
    nameless = page.evaluate("""() => [...document.querySelectorAll("button, input, select, canvas, [role=button]")]
        .filter(each => each.getClientRects().length && !each.ariaHidden)
        .filter(each => !(each.ariaLabel || each.textContent.trim() || each.labels?.length || each.title))
        .filter(each => !each.closest("button")).map(each => each.outerHTML)""")
    assert nameless == []


def test_reduced_motion_is_honoured(open_page, server):
    moving = open_connected(open_page, server.address)
    still = open_connected(open_page, server.address, reduced_motion="reduce")
    duration = "each => getComputedStyle(each).transitionDuration"
    assert moving.locator(".part").first.evaluate(duration) != "0s"
    assert still.locator(".part").first.evaluate(duration) == "0s"


def test_the_theme_is_chosen_and_kept(open_page, server):
    page = open_connected(open_page, server.address, color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.locator("#theme").click()
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    until(lambda: is_connected(page))
    assert page.evaluate(background) == dark


def test_images_that_can_not_be_drawn_are_picked(open_page, make_server, tmp_path):
    rng = np.random.default_rng(1)
    for name, level in (("bright", 200), ("dark", 60)):
        (tmp_path / name).mkdir()
        for k in range(60):
            pixels = rng.integers(level - 50, level + 50, (12, 16)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{k}.png")
    page = open_connected(open_page, make_server("--data", tmp_path).address)
    until(lambda: text(page, "#answer-digit") in ("bright", "dark"))  # a test image is shown at once
    assert text(page, "#draw-words") == "Pick an image"
    page.locator("#train").click()
    until(lambda: accuracy(page) > 0.9, 120)
    assert "sees 12 \N{MULTIPLICATION SIGN} 16" in page.locator("#neurons").text_content()


# ---- the page of one file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE])
def test_the_exported_file_reads_a_seven_from_the_disk(viewport, open_page, trained, tmp_path):
    write_html(load_network(trained), tmp_path / "page.html")
    page = open_page((tmp_path / "page.html").as_uri(), viewport=viewport)
    draw(page)
    until(lambda: text(page, "#answer-digit") == "7")
    page.locator("#gallery button").nth(1).click()
    until(lambda: "Adds to the outputs' sums" in text(page, "#neuron"))
    page.locator("#noise").click()
    until(lambda: "noise" in text(page, "#answer-words"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#clear").click()
    assert text(page, "#answer-digit") == NONE
