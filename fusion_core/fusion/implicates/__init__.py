"""The implicates: in memory, on disk, and as a table for other programs."""

from fusion_core.fusion.implicates.export import (
    export_implicates,
)
from fusion_core.fusion.implicates.files import (
    begin_implicates,
    claim,
    declare_whole,
    finished_parts,
    locked,
    work_file,
    write_implicates,
    write_part,
)
from fusion_core.fusion.implicates.folder import (
    HOUSEHOLD_COLUMNS,
    ImplicateFolder,
    open_implicates,
    read_implicates,
)
from fusion_core.fusion.implicates.implicates import (
    FusedVariable,
    Implicates,
)
from fusion_core.fusion.implicates.row_matching import (
    Rows,
    mask_in_order,
    order_of,
)
from fusion_core.fusion.implicates.work_files import (
    HOUSEHOLDS,
    MANIFEST,
    read_begun,
)

__all__ = [
    "HOUSEHOLDS",
    "HOUSEHOLD_COLUMNS",
    "MANIFEST",
    "FusedVariable",
    "ImplicateFolder",
    "Implicates",
    "Rows",
    "begin_implicates",
    "claim",
    "declare_whole",
    "export_implicates",
    "finished_parts",
    "locked",
    "mask_in_order",
    "open_implicates",
    "order_of",
    "read_begun",
    "read_implicates",
    "work_file",
    "write_implicates",
    "write_part",
]
