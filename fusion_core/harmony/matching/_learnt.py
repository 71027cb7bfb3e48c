"""Numbers learnt from published harmonies, which `tests/studies/learn_suggestions.py` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType


def ranking_weights() -> Mapping[str, float]:
    """Return the weight of every signal of a candidate, in the order the signals are computed."""
    return MappingProxyType(dict(_learnt()["weights"]))


def _learnt() -> dict[str, dict[str, float]]:
    text = resources.files(__package__).joinpath("learnt.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, float]] = json.loads(text)
    return found


__all__ = ["ranking_weights"]
