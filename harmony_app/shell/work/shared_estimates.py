"""What was read and computed of runs and surveys, kept once for all visitors of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import panel as pn

if TYPE_CHECKING:
    from fusion_core.estimates.runs import EstimateCache


def shared_estimates() -> EstimateCache:
    """Return the cache of this server's life, made when it is first asked for."""
    from fusion_core.estimates.runs import EstimateCache

    return cast("EstimateCache", pn.state.as_cached("estimate cache", EstimateCache))


__all__ = ["shared_estimates"]
