"""Train models of the conditional distribution on the donor and draw implicates for the recipient.

One machine outgrown: `train` and `fuse_to_folder` take any executor. With the extra ``cluster``
installed, on a SLURM cluster (package ``dask-jobqueue``)::

    from dask_jobqueue import SLURMCluster
    from distributed import Client

    # Eight processes of one core and 4 GB each per job: a worker computes one task at a time.
    cluster = SLURMCluster(
        cores=8, processes=8, memory="32GB", walltime="02:00:00",
        worker_extra_args=["--lifetime", "110m", "--lifetime-stagger", "5m"],
    )
    cluster.adapt(minimum_jobs=1, maximum_jobs=10)
    executor = Client(cluster).get_executor()
    model = train(
        donor, variables, predictors, weight="weight", seed=1, executor=executor, checkpoints=folder / "checkpoints"
    )
    model.save(folder / "model")
    fuse_to_folder(
        folder / "recipient.parquet", folder / "model", folder / "implicates", implicates=40, seed=1,
        memory=2 * 10**9, executor=executor,
    )

Jobs need the same environment and must see ``folder`` under the same path; the recipient is read
where this code runs. ``memory`` is what each worker may take, half of its share of the job to be
safe. Folds, fits and screenings are tasks when training, parts of the rows when fusing. Tasks may be
repeated, so the death of a worker costs only its tasks at hand; Dask gives a task up when four
workers died of it (``distributed.scheduler.allowed-failures``), which points to too little memory.
Workers that end themselves before the wall time are replaced by new jobs with ``adapt``, not with
``scale``. ``print(cluster.job_script())`` shows what is submitted; a partition and an account are
``queue`` and ``account``. Started again, `train` goes on with the variables, `fuse_to_folder` with
the parts that are there. The results equal those of one machine.

The public names are imported on first use: reading a run's settings should not load LightGBM.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusion_core.fusion.base import TrainSettings, refuse_shared_streams, shared_streams
    from fusion_core.fusion.fusing import fuse, fuse_out_of_fold, fuse_to_folder, impute, monotonic
    from fusion_core.fusion.implicates import (
        FusedVariable,
        ImplicateFolder,
        Implicates,
        export_implicates,
        open_implicates,
        read_implicates,
        write_implicates,
    )
    from fusion_core.fusion.model import FusionModel
    from fusion_core.fusion.training import train

_MODULES = {
    "FusedVariable": "implicates",
    "FusionModel": "model",
    "ImplicateFolder": "implicates",
    "Implicates": "implicates",
    "TrainSettings": "base",
    "export_implicates": "implicates",
    "fuse": "fusing",
    "fuse_out_of_fold": "fusing",
    "fuse_to_folder": "fusing",
    "impute": "fusing",
    "monotonic": "fusing",
    "open_implicates": "implicates",
    "read_implicates": "implicates",
    "refuse_shared_streams": "base",
    "shared_streams": "base",
    "train": "training",
    "write_implicates": "implicates",
}

__all__ = [
    "FusedVariable",
    "FusionModel",
    "ImplicateFolder",
    "Implicates",
    "TrainSettings",
    "export_implicates",
    "fuse",
    "fuse_out_of_fold",
    "fuse_to_folder",
    "impute",
    "monotonic",
    "open_implicates",
    "read_implicates",
    "refuse_shared_streams",
    "shared_streams",
    "train",
    "write_implicates",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
