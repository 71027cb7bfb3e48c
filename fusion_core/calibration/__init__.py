"""Estimates brought into agreement with published totals, and what that does to their errors."""

from fusion_core.calibration.benchmarking import METHODS, Benchmarked, Method, benchmark
from fusion_core.calibration.calibrate import calibrate
from fusion_core.calibration.known_totals import KnownTotal, read_totals
from fusion_core.calibration.weights import calibrated_weights

__all__ = [
    "METHODS",
    "Benchmarked",
    "KnownTotal",
    "Method",
    "benchmark",
    "calibrate",
    "calibrated_weights",
    "read_totals",
]
