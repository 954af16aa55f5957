"""What a person sees in the dashboard: the real server in a real browser."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest
from playwright.sync_api import expect
from rnnzoo.experiments.cli.app import app
from rnnzoo.pipelines.forecasting.baselines.table import BASELINES
from typer.testing import CliRunner

pytestmark = pytest.mark.browser

HORIZON = 3
NETWORKS = ("gru-0", "rnn-0")
FORECASTS = (*NETWORKS, *BASELINES)
FILMS = ("conv_lstm-0", "mean-image", "repeat-last", "zeros")
PATIENCE = 60_000  # milliseconds for what takes one second: the machine may be busy
NO_ASSISTANT = "localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true')"


@pytest.fixture(scope="module")
def tracked(tmp_path_factory, waves):
    """A working directory with the runs of a short table and of a short film."""
    folder = tmp_path_factory.mktemp("dashboard")
    waves[:120].to_csv(folder / "waves.csv", index=False)
    np.save(folder / "square.npy", moving_square())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.delenv("RNNZOO_RUNS", raising=False)
        rnnzoo("forecast", "waves.csv", "--time", "day", "--target", "sales", "--cell", "gru,rnn",
               "--horizon", HORIZON, "--lookback", 8, "--units", 2, "--epochs", 2)  # fmt: skip
        rnnzoo("frames", "square.npy", "--context", 2, "--horizon", HORIZON, "--filters", 2,
               "--layers", 1, "--epochs", 2, "--clips-per-epoch", 8)  # fmt: skip
        yield folder


@pytest.fixture(scope="module")
def server(tracked):
    """The address of `rnnzoo ui` in that directory."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "rnnzoo.experiments.cli.app", "ui", "--port", str(port)]
    log = tracked / "server.log"
    with log.open("w") as told:
        process = subprocess.Popen(command, stdout=told, stderr=told, start_new_session=True)
    try:
        if not answers(f"{address}/health", process):
            pytest.fail(f"The server did not come up at {address}:\n{log.read_text()}")
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the server has children
        process.wait()


@pytest.fixture(scope="module")
def chromium(browser):
    expect.set_options(timeout=PATIENCE)
    return browser


@pytest.fixture
def page(chromium):
    """The page of a new visitor, without the assistant that unfolds on the first visit."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.add_init_script(NO_ASSISTANT)
    yield context.new_page()
    context.close()


def test_the_table_has_networks_and_baselines(page, server):
    open_runs(page, server, "forecast/waves")
    for run in FORECASTS:
        expect(page.get_by_role("link", name=run, exact=True)).to_be_visible()


def test_the_error_by_lead_is_a_line_for_every_run(page, server):
    open_charts(page, server, "forecast/waves")
    drawn = expect_lines(page, "horizon/mae")
    expect(drawn.locator(".trace .point")).to_have_count(HORIZON * len(FORECASTS))


def test_the_printed_address_shows_the_error_by_lead_best_run_first(page, server):
    printed = rnnzoo("compare", "forecast/waves", "--all").output
    page.goto(server + re.search(r"/#/experiments\S+", printed)[0])
    drawn = expect_lines(page, "horizon/mae")
    names = [name for name in re.findall(r"^\S+", printed, re.MULTILINE) if name in FORECASTS]
    legend = [f"{name} (horizon/mae)" for name in names]
    shown = drawn.inner_text().splitlines()
    assert [line for line in shown if line in legend] == legend
    lines = drawn.locator(".trace .js-line")
    colors = {line.evaluate("line => line.style.stroke") for line in lines.all()}
    assert len(colors) == len(FORECASTS)


def test_models_are_lines_of_their_own_over_all_their_seeds(page, server, tracked):
    """At the address that `rnnzoo ui` prints for it."""
    printed = (tracked / "server.log").read_text()
    page.goto(re.search(r"each model.*: (\S+/experiments/1/\S+)", printed)[1])
    drawn = card(page, "horizon/mae")
    for model in ("gru", "rnn", *BASELINES):
        expect(page.get_by_text(f"Group: {model}", exact=True)).to_be_visible()
        expect(drawn.get_by_text(f"{model} (horizon/mae)", exact=True)).to_be_visible()


def test_a_slider_steps_through_the_leads_of_every_run(page, server):
    open_charts(page, server, "frames/square")
    shown = card(page, "frames/test-by-lead")
    for run in FILMS:
        expect(shown.get_by_text(run).first).to_be_visible()
    first, second = (pictures(shown, step, len(FILMS)) for step in (1, 2))
    assert len(first | second) == 2 * len(FILMS)  # no two alike


def test_a_slider_steps_through_the_epochs(page, server):
    open_charts(page, server, "frames/square")
    shown = card(page, "frames/validation-by-epoch")
    first, second = (pictures(shown, step, 1) for step in (1, 2))
    assert first != second


def rnnzoo(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done


def moving_square():
    """60 frames of 16 × 16 pixels."""
    film = np.zeros((60, 16, 16), "uint8")
    for t, frame in enumerate(film):
        top, left = t % 12, 3 * t % 12
        frame[top : top + 4, left : left + 4] = 255
    return film


def free_port():
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


def answers(address, process, seconds=180):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return True
        time.sleep(0.5)
    return False


def open_runs(page, server, experiment):
    """Goes where a person goes: from the experiments to the runs of one, and unfolds its study."""
    page.goto(f"{server}/#/experiments")
    page.get_by_text("Model training", exact=True).click()
    page.get_by_role("link", name=experiment, exact=True).click()
    named = page.get_by_role("link", name=re.compile("^study "))
    page.get_by_role("gridcell").filter(has=named).get_by_role("button").first.click()


def open_charts(page, server, experiment):
    open_runs(page, server, experiment)
    page.locator("label:has(input[value=CHART])").click()


def card(page, name):
    """The card of a metric or of an image series; it is drawn once it is on the screen."""
    cards = page.get_by_test_id("experiment-view-compare-runs-card")
    found = cards.filter(has=page.get_by_text(name, exact=True))
    found.scroll_into_view_if_needed()
    return found


def expect_lines(page, metric):
    """A chart with lines, and in its legend every forecast run."""
    drawn = card(page, metric)
    for run in FORECASTS:
        expect(drawn.get_by_text(f"{run} ({metric})", exact=True)).to_be_visible()
    expect(drawn.locator(".trace .js-line").nth(len(FORECASTS) - 1)).to_be_attached()
    return drawn


def pictures(shown, step, count):
    """The files behind the images, after one move of the slider to the right."""
    slider = shown.get_by_role("slider")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", str(step))
    images = shown.locator(f"img[src*='step%2B{step}%2B']")
    expect(images).to_have_count(count)
    loaded = "all => Promise.all(all.map(image => image.decode().then(() => image.src)))"
    request = shown.page.request
    return {request.get(address).body() for address in images.evaluate_all(loaded)}
