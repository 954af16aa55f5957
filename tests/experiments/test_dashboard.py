"""What a person sees in the dashboard: MLflow's own server and a real browser."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import urljoin

import numpy as np
import pytest
from playwright.sync_api import Error, expect, sync_playwright
from rnnzoo.experiments.cli import app
from typer.testing import CliRunner

pytestmark = pytest.mark.browser

RUNS = (
    "gru-waves-0",
    "rnn-waves-0",
    "naive-last-waves",
    "naive-seasonal-waves",
    "linear-ar-waves",
)
FILMS = ("conv_lstm-square-0", "mean-image-square", "repeat-last-square", "zeros-square")
PATIENCE = 60  # seconds for what takes one or two: the machine may be busy


@pytest.fixture(scope="module")
def tracked(tmp_path_factory, waves):
    """A folder with the runs of a small forecast and of a small film."""
    folder = tmp_path_factory.mktemp("dashboard")
    waves[:120].to_csv(folder / "waves.csv", index=False)
    np.save(folder / "square.npy", moving_square())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        rnnzoo("forecast", "waves.csv", "--time", "day", "--target", "sales", "--cell", "gru,rnn",
               "--horizon", 3, "--lookback", 8, "--units", 2, "--epochs", 2)  # fmt: skip
        rnnzoo("frames", "square.npy", "--context", 2, "--horizon", 3, "--filters", 2,
               "--layers", 1, "--epochs", 2, "--clips-per-epoch", 8)  # fmt: skip
        yield folder


@pytest.fixture(scope="module")
def server(tracked):
    """The address of `rnnzoo ui` on the tracked runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rnnzoo.experiments.cli", "ui", "--port", str(port)]
    with open(tracked / "server.log", "w") as log:
        process = subprocess.Popen(
            command, cwd=tracked, stdout=log, stderr=log, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_up(address, process, tracked / "server.log")
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def chromium():
    program = shutil.which("chromium")
    assert program, "The dashboard's tests need a browser: install chromium (apt-get)."
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        with contextlib.suppress(Error):
            browser.close()


@pytest.fixture
def page(chromium):
    """A new visitor's page, without the assistant that would unfold over it."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    context.add_init_script(
        "localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true')"
    )
    yield context.new_page()
    context.close()


def test_the_table_has_networks_and_baselines(page, server):
    open_runs(page, server, "forecast/waves")
    for run in RUNS:
        seen(page.get_by_role("link", name=run, exact=True))


def test_the_error_by_lead_is_a_line_for_every_run(page, server):
    open_runs(page, server, "forecast/waves", charts=True)
    drawn = card(page, "horizon/mae")
    for run in RUNS:
        seen(drawn.get_by_text(f"{run} (horizon/mae)"))
    assert lines(drawn) == dict.fromkeys(RUNS, 3)  # three leads


def test_the_printed_comparison_leads_to_the_error_by_lead(page, server):
    printed = rnnzoo("compare", "forecast/waves").output
    page.goto(urljoin(server, re.search(r"/#/compare-runs\S+", printed)[0]))
    seen(page.get_by_role("heading", name="Comparing 5 Runs from 1 Experiment"))
    page.get_by_role("link", name="horizon/mae").click()
    drawn = card(page, "horizon/mae")
    for run in RUNS:
        seen(drawn.get_by_text(f"{run} (horizon/mae)"))


def test_a_slider_goes_through_the_frames_of_every_run(page, server):
    open_runs(page, server, "video/square", charts=True)
    shown = card(page, "frames/test-by-lead")
    slider = shown.get_by_role("slider")
    slider.press("Home")
    first = images(shown, step=1)
    slider.press("ArrowRight")
    second = images(shown, step=2)
    assert len(first) == len(second) == len(FILMS)
    assert not first & second
    for run in FILMS:
        seen(shown.get_by_text(run, exact=True))


def test_a_slider_goes_through_the_epochs(page, server):
    open_runs(page, server, "video/square", charts=True)
    shown = card(page, "frames/validation-by-epoch")
    slider = shown.get_by_role("slider")
    slider.press("Home")
    first = images(shown, step=1)
    slider.press("End")
    last = images(shown, step=2)
    assert len(first) == len(last) == 1  # one network
    assert first != last


def rnnzoo(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done


def moving_square():
    """60 frames of 16 x 16, on which a bright square wanders."""
    film = np.zeros((60, 16, 16), "uint8")
    for t, frame in enumerate(film):
        frame[t % 12 : t % 12 + 4, 3 * t % 12 : 3 * t % 12 + 4] = 255
    return film


def wait_until_up(address, process, log, seconds=180):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/health", timeout=5):
            return
        time.sleep(0.5)
    pytest.fail(f"The server did not come up at {address}:\n{log.read_text()}")


def open_runs(page, server, experiment, charts=False):
    """Goes as a person does: the list of experiments, one of them, its runs."""
    page.goto(f"{server}/#/experiments")
    page.get_by_text("Model training", exact=True).click()
    page.get_by_role("link", name=experiment, exact=True).click()
    seen(page.get_by_role("heading", name="Runs"))
    if charts:
        page.locator("label").filter(has=page.get_by_role("radio")).nth(1).click()


def card(page, metric):
    """The card of one metric or image series."""
    found = page.get_by_test_id("experiment-view-compare-runs-card")
    found = found.filter(has=page.get_by_text(metric, exact=True))
    seen(found)
    found.scroll_into_view_if_needed()
    return found


def seen(locator):
    expect(locator).to_be_visible(timeout=PATIENCE * 1000)
