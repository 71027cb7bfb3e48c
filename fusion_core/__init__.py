"""Survey data fusion: harmonize surveys, fuse donor variables onto the ACS, estimate with MOEs.

What a notebook needs is importable from here; each name is loaded on first use.

Weights are named once. A function that reads microdata takes the column ``"weight"`` unless told
otherwise, refuses a table that lacks it, and counts every row once only where ``weight=None`` says
so. Models and implicates remember the weight column of their donor: whoever has either to go by
(`validate`, `score_variables`, `DonorSample.of`) uses that one, and tells where told otherwise.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusion_core.errors import HarmonyError, InputError
    from fusion_core.estimates import (
        Difference,
        DonorSample,
        Statistic,
        analyze,
        compare,
        derive,
        survey_estimates,
    )
    from fusion_core.execution import (
        cancel_run,
        execute_run,
        resume_run,
        run_status,
        start_run,
        wait_for_run,
    )
    from fusion_core.fusion import (
        FusedVariable,
        FusionModel,
        ImplicateFolder,
        Implicates,
        TrainSettings,
        export_implicates,
        fuse,
        fuse_out_of_fold,
        fuse_to_folder,
        impute,
        monotonic,
        open_implicates,
        read_implicates,
        train,
        write_implicates,
    )
    from fusion_core.harmony.apply import HarmonizedPair, harmonize_pair
    from fusion_core.harmony.model import Harmony, HarmonySet, Side, SurveyPair
    from fusion_core.harmony.store import HarmonyStore
    from fusion_core.prepare import PreparedInput, read_prepared
    from fusion_core.surveys import (
        Dictionary,
        Survey,
        SurveyDescription,
        SurveyId,
        Variable,
        WeightDesign,
        read_dictionary,
        read_survey,
        write_survey,
    )
    from fusion_core.surveys.stored import StoredSurvey
    from fusion_core.validation import (
        ExternalComparison,
        Validation,
        compare_external,
        read_validation,
        score_variables,
        validate,
        write_validation,
    )
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, RunSpec, create_run, list_runs

# Public name -> the part of the engine that defines it.
_PARTS = {
    "Dictionary": "surveys",
    "Difference": "estimates",
    "DonorSample": "estimates",
    "ExternalComparison": "validation",
    "FusedVariable": "fusion",
    "FusionModel": "fusion",
    "HarmonizedPair": "harmony.apply",
    "Harmony": "harmony.model",
    "HarmonyError": "errors",
    "HarmonySet": "harmony.model",
    "HarmonyStore": "harmony.store",
    "ImplicateFolder": "fusion",
    "Implicates": "fusion",
    "InputError": "errors",
    "PreparedInput": "prepare",
    "Run": "workspace.runs",
    "RunSpec": "workspace.runs",
    "Side": "harmony.model",
    "Statistic": "estimates",
    "StoredSurvey": "surveys.stored",
    "Survey": "surveys",
    "SurveyDescription": "surveys",
    "SurveyId": "surveys",
    "SurveyPair": "harmony.model",
    "TrainSettings": "fusion",
    "Validation": "validation",
    "Variable": "surveys",
    "WeightDesign": "surveys",
    "Workspace": "workspace.layout",
    "analyze": "estimates",
    "cancel_run": "execution",
    "compare": "estimates",
    "compare_external": "validation",
    "create_run": "workspace.runs",
    "derive": "estimates",
    "execute_run": "execution",
    "export_implicates": "fusion",
    "fuse": "fusion",
    "fuse_out_of_fold": "fusion",
    "fuse_to_folder": "fusion",
    "harmonize_pair": "harmony.apply",
    "impute": "fusion",
    "list_runs": "workspace.runs",
    "monotonic": "fusion",
    "open_implicates": "fusion",
    "read_dictionary": "surveys",
    "read_implicates": "fusion",
    "read_prepared": "prepare",
    "read_survey": "surveys",
    "read_validation": "validation",
    "resume_run": "execution",
    "run_status": "execution",
    "score_variables": "validation",
    "start_run": "execution",
    "survey_estimates": "estimates",
    "train": "fusion",
    "validate": "validation",
    "wait_for_run": "execution",
    "write_implicates": "fusion",
    "write_survey": "surveys",
    "write_validation": "validation",
}

__all__ = [
    "Dictionary",
    "Difference",
    "DonorSample",
    "ExternalComparison",
    "FusedVariable",
    "FusionModel",
    "HarmonizedPair",
    "Harmony",
    "HarmonyError",
    "HarmonySet",
    "HarmonyStore",
    "ImplicateFolder",
    "Implicates",
    "InputError",
    "PreparedInput",
    "Run",
    "RunSpec",
    "Side",
    "Statistic",
    "StoredSurvey",
    "Survey",
    "SurveyDescription",
    "SurveyId",
    "SurveyPair",
    "TrainSettings",
    "Validation",
    "Variable",
    "WeightDesign",
    "Workspace",
    "analyze",
    "cancel_run",
    "compare",
    "compare_external",
    "create_run",
    "derive",
    "execute_run",
    "export_implicates",
    "fuse",
    "fuse_out_of_fold",
    "fuse_to_folder",
    "harmonize_pair",
    "impute",
    "list_runs",
    "monotonic",
    "open_implicates",
    "read_dictionary",
    "read_implicates",
    "read_prepared",
    "read_survey",
    "read_validation",
    "resume_run",
    "run_status",
    "score_variables",
    "start_run",
    "survey_estimates",
    "train",
    "validate",
    "wait_for_run",
    "write_implicates",
    "write_survey",
    "write_validation",
]


def __getattr__(name: str) -> Any:
    if name not in _PARTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PARTS[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PARTS})
