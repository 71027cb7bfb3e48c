"""IPUMS USA and IPUMS CPS extracts: a CSV file with its DDI codebook."""

from fusion_core.ingest.ipums.extract import READER, read_ipums

__all__ = ["READER", "read_ipums"]
