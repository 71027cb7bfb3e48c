"""Fixtures every test may use."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from shared_files import SHARED_DATA, SharedPath

# The suite tries the same examples every time, so that it fails for a change and never by chance;
# `make search` looks for new ones, and what it finds becomes an `@example`. A slow machine is no
# fault either.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", PATIENT, derandomize=True)
settings.register_profile("search", PATIENT, max_examples=2000, print_blob=True)
settings.load_profile("repeatable")


@pytest.hookimpl(trylast=True)  # when the profile is known
def pytest_configure() -> None:
    """Keep the examples from following what was imported before them.

    One example in twenty holds a number or a text from the product's own modules, as far as tests
    that happened to run earlier imported them. Hypothesis has no setting for this.
    """
    if settings().derandomize:
        providers._get_local_constants = lambda: providers._local_constants


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where the shared survey data are expected."""
    parser.addoption(
        "--require-shared-data",
        action="store_true",
        help="fail, in place of skipping, what does not find its file of the shared survey data",
    )


@pytest.fixture(scope="session")
def shared_data(request: pytest.FixtureRequest) -> SharedPath:
    """Folder of the real public survey data and reference results."""
    SharedPath.required = request.config.getoption("--require-shared-data")
    return SharedPath(SHARED_DATA)
