"""What is asked of a run: ``spec.json``, never changed after the start except for its name."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.base import TrainSettings, random_seed, tupled
from fusion_core.harmony.model import SurveyPair
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, listed
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.runs.second_stage import SecondStage

FORMAT_VERSION = 1
FEWEST_FOLDS, MOST_FOLDS = 2, 20
KNOWN_ANSWERS, MOST_KNOWN_ANSWERS = 4, 20
"""Predictors hidden by default, and at most."""


@dataclass(frozen=True, repr=False)
class RunSpec(Checked, Summarized):
    """A request for a fusion.

    Attributes
    ----------
    name
        Name people gave the run.
    pair
        Donor and recipient survey.
    fusion_variables
        Donor variables to fuse in order; an inner tuple is a block drawn from one donor record.
    implicates
        Number M of implicates.
    seed
        Seed of every random number of the run; a random one when left out.
    train
        Training settings.
    preset
        Name of the preset the settings came from, or ``"custom"``.
    keep_predictors, exclude_predictors
        Predictors kept in spite of a low similarity, or left out in spite of a high one.
    minimum_similarity
        Predictors less similar than this between donor and recipient are left out.
    subset_variables
        Predictors whose levels form the validation subsets; empty lets the program choose.
    out_of_fold
        Number of folds of a second validation by models that never saw the households they are
        asked about; 0 for none.
    known_answers
        Number of predictors hidden one after the other, fused, and compared with what the recipient
        itself says; 0 for none.
    second_stage
        What is said of variables of the second stage. Those drawn are fusion variables too, and `train` names
        their predictors; those computed become derived outcomes of the run.
    """

    name: str
    pair: SurveyPair
    fusion_variables: tuple[str | tuple[str, ...], ...]
    implicates: int = 40
    seed: int = field(default_factory=random_seed)
    train: TrainSettings = field(default_factory=TrainSettings)
    preset: str = "production"
    keep_predictors: tuple[str, ...] = ()
    exclude_predictors: tuple[str, ...] = ()
    minimum_similarity: float = 0.8
    subset_variables: tuple[str, ...] = ()
    out_of_fold: int = 0
    known_answers: int = KNOWN_ANSWERS
    second_stage: tuple[SecondStage, ...] = ()

    def _title(self) -> str:
        return self.name

    def _facts(self) -> dict[str, object]:
        fused = [
            item if isinstance(item, str) else " + ".join(item) for item in self.fusion_variables
        ]
        return {
            "surveys": self.pair.title,
            "fusion variables": listed(fused),
            "implicates": self.implicates,
            "seed": self.seed,
            "preset": self.preset,
        }

    def to_record(self) -> dict[str, Any]:
        """Return the JSON form."""
        record = dataclasses.asdict(self)
        record["pair"] = {"donor": str(self.pair.donor), "recipient": str(self.pair.recipient)}
        return {"format": FORMAT_VERSION, **record}

    @classmethod
    def from_record(cls, record: dict[str, Any], *, where: str = "") -> RunSpec:
        """Read the JSON form.

        Raises
        ------
        CorruptFileError
            If a field is missing, unknown or of an unknown format version.
        """
        values = dict(record)
        if values.pop("format", None) != FORMAT_VERSION:
            raise CorruptFileError(
                "The run was written by another version", where=where, fix="Start a new run"
            )
        try:
            pair = values.pop("pair")
            values["pair"] = SurveyPair(
                SurveyId.parse(pair["donor"]), SurveyId.parse(pair["recipient"])
            )
            train = TrainSettings.from_record(values.pop("train"))
            stages = tuple(
                SecondStage(**{name: tupled(value) for name, value in item.items()})
                for item in values.pop("second_stage", ())
            )
            return cls(
                train=train,
                second_stage=stages,
                **{name: tupled(value) for name, value in values.items()},
            )
        except (KeyError, TypeError) as error:
            raise CorruptFileError(
                f"The run's request lacks or misspells {error}", where=where, fix="Start a new run"
            ) from error
        except (AttributeError, ValueError) as error:
            raise CorruptFileError(
                "The run's request is damaged: a value is of another kind than was written",
                where=where,
                fix="Start a new run",
            ) from error


def check_folds(folds: int) -> None:
    """Refuse a number of folds for out-of-fold validation that makes no sense; 0 is none.

    Raises
    ------
    InputError
        If there is a single fold or more than anybody waits for.
    """
    if folds != 0 and not FEWEST_FOLDS <= folds <= MOST_FOLDS:
        raise InputError(
            f"Unseen households cannot be checked with {folds} folds",
            fix=f"Choose {FEWEST_FOLDS} to {MOST_FOLDS}; five is usual, 0 leaves the check out",
        )


def check_known_answers(count: int) -> None:
    """Refuse a number of predictors to hide that makes no sense; 0 is none.

    Raises
    ------
    InputError
        If it is negative or more than anybody waits for.
    """
    if not 0 <= count <= MOST_KNOWN_ANSWERS:
        raise InputError(
            f"{count} known answers were asked for",
            fix=f"Choose 0 to {MOST_KNOWN_ANSWERS} predictors to hide; 0 leaves the check out",
        )
