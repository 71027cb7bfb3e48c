"""Estimates brought into agreement with published totals, and what that does to their errors."""

from fusion_core.calibration.benchmarking import CONFLICT, METHODS, Benchmarked, Method, benchmark
from fusion_core.calibration.calibrate import calibrate
from fusion_core.calibration.calibrated_areas import (
    CALIBRATION_COLUMNS,
    Z90,
    CalibratedAreas,
    calibrated_areas,
)
from fusion_core.calibration.implicate_weights import implicate_weights
from fusion_core.calibration.known_totals import KnownTotal, read_totals
from fusion_core.calibration.prices import PriceCheck, check_prices
from fusion_core.calibration.second_stage import (
    check_second_stage,
    compare_prices,
    second_stage_note,
    store_formulas,
)
from fusion_core.calibration.stored_totals import (
    StoredTotals,
    keep_totals,
    open_totals,
    stored_totals,
)
from fusion_core.calibration.weights import calibrated_weights

__all__ = [
    "CALIBRATION_COLUMNS",
    "CONFLICT",
    "METHODS",
    "Z90",
    "Benchmarked",
    "CalibratedAreas",
    "KnownTotal",
    "Method",
    "PriceCheck",
    "StoredTotals",
    "benchmark",
    "calibrate",
    "calibrated_areas",
    "calibrated_weights",
    "check_prices",
    "check_second_stage",
    "compare_prices",
    "implicate_weights",
    "keep_totals",
    "open_totals",
    "read_totals",
    "second_stage_note",
    "store_formulas",
    "stored_totals",
]
