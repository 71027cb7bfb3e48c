"""National Household Travel Survey: households, persons, and vehicles and trips summed to them."""

from fusion_core.ingest.nhts.release import READER, read_nhts

__all__ = ["READER", "read_nhts"]
