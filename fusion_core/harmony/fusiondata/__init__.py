"""fusionData files in and out, with nothing in them evaluated."""

from fusion_core.harmony.fusiondata.files import (
    read_harmony_file,
)
from fusion_core.harmony.fusiondata.r_adjustments import (
    translate_adjustment,
)
from fusion_core.harmony.fusiondata.r_writing import (
    write_r,
)
from fusion_core.harmony.fusiondata.reading import (
    ImportedEntry,
    interpret,
    read_harmonies,
)
from fusion_core.harmony.fusiondata.writing import (
    ExportContext,
    ExportRemark,
    export_records,
)

__all__ = [
    "ExportContext",
    "ExportRemark",
    "ImportedEntry",
    "export_records",
    "interpret",
    "read_harmonies",
    "read_harmony_file",
    "translate_adjustment",
    "write_r",
]
