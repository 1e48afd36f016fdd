"""Cross-walks: from the classes of maps to what land-surface models read.

Tables say what a class is made of in each climate zone (`tables`), adapters what a model reads (`adapters`);
both are data files with their sources. `apply` does the rest, on any mesh. docs/adapters.md has the whole.
"""

from pylandbc.crosswalk.adapters import Adapter, adapter_names, read_adapter
from pylandbc.crosswalk.evaluate import apply, apply_dataset
from pylandbc.crosswalk.tables import LEGENDS, ZONES, read_table
from pylandbc.crosswalk.zones import zones_of_climate, zones_of_koeppen, zones_on_mesh

__all__ = [
    "LEGENDS",
    "ZONES",
    "Adapter",
    "adapter_names",
    "apply",
    "apply_dataset",
    "read_adapter",
    "read_table",
    "zones_of_climate",
    "zones_of_koeppen",
    "zones_on_mesh",
]
