"""A tiny demo workspace with one finished run, made by the commands under test."""

import pytest
from command_line import Harmony

from fusion_core.demo.world.settings import DemoSize

TINY = DemoSize((3,), 5, 10_000, 1_600, 700)


@pytest.fixture(scope="session")
def harmony(tmp_path_factory):
    """The command line on a tiny demo; tests read it and add nothing to it."""
    folder = tmp_path_factory.mktemp("cli") / "workspace"
    command = Harmony(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DemoSize, "quick", classmethod(lambda _: TINY))
        command("demo", "--workspace", folder, "--small")
    return command


@pytest.fixture(scope="session")
def finished(harmony):
    """Identifier of a finished run of `insecure` and the block of shares, and what fuse printed."""
    record = harmony.json(
        "fuse",
        "-v",
        "insecure",
        "-v",
        "share_heat+share_cool+share_other",
        "--preset",
        "quick",
        "--implicates",
        "4",
        "--seed",
        "5",
        "--name",
        "tiny",
    )
    return record["run"]["id"], record
