"""Estimates brought into agreement with published totals, and what that does to their errors."""

from fusion_core.calibration.benchmarking import METHODS, Benchmarked, Method, benchmark
from fusion_core.calibration.calibrate import calibrate
from fusion_core.calibration.implicate_weights import implicate_weights
from fusion_core.calibration.known_totals import KnownTotal, read_totals
from fusion_core.calibration.prices import PriceCheck, check_prices
from fusion_core.calibration.second_stage import (
    check_second_stage,
    compare_prices,
    second_stage_note,
    store_formulas,
)
from fusion_core.calibration.weights import calibrated_weights

__all__ = [
    "METHODS",
    "Benchmarked",
    "KnownTotal",
    "Method",
    "PriceCheck",
    "benchmark",
    "calibrate",
    "calibrated_weights",
    "check_prices",
    "check_second_stage",
    "compare_prices",
    "implicate_weights",
    "read_totals",
    "second_stage_note",
    "store_formulas",
]
