"""American Housing Survey, national public use file: households and persons."""

from fusion_core.ingest.ahs.national import READER, read_ahs

__all__ = ["READER", "read_ahs"]
