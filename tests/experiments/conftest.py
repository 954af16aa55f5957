import shutil

import pytest
from rnnzoo.experiments.tracking import Store

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """A SQLite store; making its schema costs seconds."""
    return Store(f"sqlite:///{tmp_path_factory.mktemp('tracking') / 'mlflow.db'}")


@pytest.fixture(scope="session")
def browser():
    """Chromium, for tests marked `browser`."""
    from playwright.sync_api import sync_playwright

    programs = [found for name in BROWSERS if (found := shutil.which(name))]
    if not programs:
        pytest.fail(f"No browser to see pages with: install one of {', '.join(BROWSERS)}.")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=programs[0], args=arguments)
        yield chromium
        chromium.close()
