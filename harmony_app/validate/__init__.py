"""The Validate place: whether the fused variables can be trusted."""

from __future__ import annotations

from harmony_app.validate.place import build

__all__ = ["build"]
