"""Write harmonies as the fusionData file that a person would export."""

from fusion_core.harmony.fusiondata import export_records, write_r
from fusion_core.harmony.fusiondata.writing import NOTHING_KNOWN


def write_harmonies(harmonies, path, *, context=NOTHING_KNOWN):
    """Write an ``.R`` file and return what fusionData cannot express."""
    content, remarks = export_records(harmonies, context=context)
    path.write_text(write_r(content) + "\n", encoding="utf-8")
    return remarks
