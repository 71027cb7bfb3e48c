"""`harmony small-areas`: households allocated to tracts and block groups, and estimates there."""

from fusion_core.cli.small_areas.commands import app

__all__ = ["app"]
