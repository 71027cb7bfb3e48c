"""What the README shows works as it stands there."""

import re
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from fusion_core.cli.main import app

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
ROOT = Path(__file__).parents[2]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def households(rows: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    rooms = draw.integers(1, 9, rows)
    tenure = pd.Categorical(draw.choice(["own", "rent"], rows), ["own", "rent"])
    heating = (0.2 + 0.05 * rooms * draw.random(rows)).round(3)
    cooling = (0.3 * draw.random(rows)).round(3)
    quality = np.clip(rooms // 3 + draw.integers(0, 2, rows), 0, 2)
    return pd.DataFrame(
        {
            "rooms": rooms,
            "tenure": tenure,
            "weight": draw.uniform(0.5, 2, rows),
            "puma": draw.choice(["9900100", "9900200"], rows),
            "insulation": pd.Categorical.from_codes(
                quality, ["poor", "fair", "good"], ordered=True
            ),
            "heating": heating,
            "cooling": cooling,
            "other": 1 - heating - cooling,
        }
    )


def test_the_python_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example,) = blocks("python")
    names = {
        "donor": households(400, 1),
        "recipient": households(150, 2)[["rooms", "tenure", "weight", "puma"]],
        "predictors": ["rooms", "tenure"],
    }
    exec(example, names)  # noqa: S102 - the README's own text
    assert set(names["table"]["puma"]) == {"9900100", "9900200"}
    assert np.isfinite(names["table"]["moe"]).all()
    assert not names["curves"].empty


def test_the_first_code_block_is_the_two_commands():
    lines = [shlex.split(line, comments=True) for line in blocks("sh")[0].splitlines()]
    assert lines == [["make", "app"], ["make", "test"]]


@pytest.mark.parametrize(
    "line", [line for block in blocks("sh") for line in block.splitlines() if "harmony " in line]
)
def test_the_commands_exist_with_the_options_shown(line: str):
    words = shlex.split(line, comments=True)[1:]
    command = [word for word in words if not word.startswith("-") and word != "DIR"]
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0, shown.output
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.output)
    for option in [word for word in words if word.startswith("--")]:
        assert option in plain


def test_the_picture_is_there_and_small():
    picture = ROOT / re.search(r"!\[.*?\]\((.*?)\)", README).group(1)
    assert 20_000 < picture.stat().st_size < 1_000_000


def test_the_citation_names_the_released_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\nversion: {project['version']}\n" in citation
    assert f"## [{project['version']}]" in changes
