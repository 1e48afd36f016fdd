"""Meshes in and out: every format that Earth-system models use, recognised by content, checked "
"and repaired."""

from pylandbc.grid.formats.assembly import MeshRepairWarning
from pylandbc.grid.formats.opening import open_mesh
from pylandbc.grid.formats.writing import write_mesh

__all__ = ["MeshRepairWarning", "open_mesh", "write_mesh"]
