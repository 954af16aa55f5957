"""What a person sees of the pages that are written: a real browser without a network."""

import numpy as np
import pytest
from rnnzoo.experiments.reports.comparison import film
from rnnzoo.experiments.reports.html import page as made
from rnnzoo.experiments.reports.svg import Bar, Line, bar_chart, line_chart

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=\"document.title='taken'\">"
WIDTHS = (1400, 800, 375)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A page of two models, one with a hostile name, and the frames of both."""
    frames = np.zeros((4, 6, 6, 1), "uint8")
    for t, frame in enumerate(frames):
        frame[:, t] = 255
    films = [film([*frames]), film([*(frames // 2)])]
    lines = [
        Line("gru", "#0072B2", [(1, 1.0), (2, 3.0)]),
        Line(HOSTILE, "#777777", [(1, 2), (2, 2)], True),
    ]
    bars = [Bar("gru", "#0072B2", 2.0, 0.4, "2.0 ± 0.4"), Bar(HOSTILE, "#777777", 3.0, np.nan, "3")]
    row = {"cells": {"model": HOSTILE, "MAE": "2"}, "color": "#0072B2", "baseline": False}
    data = {"first": -1, "frames": films, "notes": [[""] * 4, ["", "", "error 1", "error 2"]]}
    group = {
        "title": HOSTILE,
        "headline": ["The best network is gru."],
        "error_text": "Mean absolute error",
        "repeated": True,
        "lead_text": "that many frames ahead",
        "bars": bar_chart(bars),
        "rows": [row],
        "note": "",
        "glossary": {},
        "leads": line_chart(lines, "lead", "MAE"),
        "player": {"first": -1, "last": 2, "names": ["truth", HOSTILE], "data": data},
        "training": None,
        "training_text": "",
        "settings": [],
        "address": "",
        "runs": [row],
    }
    path = tmp_path_factory.mktemp("pages") / "page.html"
    content = made("compare.html", title=HOSTILE, made="now", groups=[group])
    path.write_text(content, encoding="utf-8")
    return path


@pytest.fixture(params=WIDTHS)
def page(browser, written, request):
    """The page, opened without a network; faults of its script fail the test."""
    context = browser.new_context(viewport={"width": request.param, "height": 900}, offline=True)
    opened = context.new_page()
    faults = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text))
    opened.goto(written.as_uri())
    yield opened
    context.close()
    assert faults == []


def test_the_slider_changes_every_frame(page):
    slider = page.get_by_role("slider")
    pictures = page.locator(".frames img")
    assert page.locator("output").inner_text() == "lead 1: 1 frame ahead"
    first = [picture.get_attribute("src") for picture in pictures.all()]
    slider.press("ArrowRight")
    second = [picture.get_attribute("src") for picture in pictures.all()]
    assert page.locator("output").inner_text() == "lead 2: 2 frames ahead"
    assert len(set(first + second)) == 4  # no two alike
    assert page.locator(".frames .error").nth(1).inner_text() == "error 2"
    widths = pictures.evaluate_all("all => all.map(one => one.naturalWidth)")
    assert widths == [6, 6]


def test_a_click_in_the_legend_hides_a_line(page):
    line = page.locator("g[data-series=gru]")
    button = page.get_by_role("button", name="gru", exact=True)
    button.click()
    assert line.evaluate("line => line.style.display") == "none"
    button.click()
    assert line.evaluate("line => line.style.display") == ""


def test_play_moves_on_and_stops(page):
    play = page.get_by_role("button", name="Play")
    before = page.locator("output").inner_text()
    play.click()
    page.wait_for_function(
        "text => document.querySelector('output').textContent !== text", arg=before
    )
    page.get_by_role("button", name="Pause").click()
    assert page.get_by_role("button", name="Play").is_visible()


def test_a_hostile_name_is_shown_as_text_and_nothing_overflows(page):
    assert page.title() == HOSTILE
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.locator("img[src=x]").count() == 0
    wide = "document.documentElement.scrollWidth <= window.innerWidth"
    assert page.evaluate(wide)


def test_letters_of_charts_are_legible(page):
    """In pixels of the screen: a drawing of 720 units is shrunk to what a phone has."""
    texts = page.locator("figure > svg text, .chart > svg text")
    sizes = texts.evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)"
    )
    assert min(size for size in sizes if size) > 9  # 0: of what is folded away
