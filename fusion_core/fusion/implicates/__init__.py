"""The implicates: in memory, on disk, and as a table for other programs."""

from fusion_core.fusion.implicates.export import (
    export_implicates,
)
from fusion_core.fusion.implicates.files import (
    MANIFEST,
    begin_implicates,
    declare_whole,
    finished_parts,
    locked,
    work_file,
    write_implicates,
    write_part,
)
from fusion_core.fusion.implicates.folder import (
    ImplicateFolder,
    open_implicates,
    read_implicates,
)
from fusion_core.fusion.implicates.implicates import (
    FusedVariable,
    Implicates,
)

__all__ = [
    "MANIFEST",
    "FusedVariable",
    "ImplicateFolder",
    "Implicates",
    "begin_implicates",
    "declare_whole",
    "export_implicates",
    "finished_parts",
    "locked",
    "open_implicates",
    "read_implicates",
    "work_file",
    "write_implicates",
    "write_part",
]
