"""Consumer Expenditure Surveys, interview microdata: consumer units with annual expenditures."""

from fusion_core.ingest.cex.interview import READER, YEARS_READER, read_cex

__all__ = ["READER", "YEARS_READER", "read_cex"]
