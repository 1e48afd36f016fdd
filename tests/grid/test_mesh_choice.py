import pytest

from pylandbc.errors import InputError
from pylandbc.grid.mesh_choice import choose_mesh
from pylandbc.grid.window import Window

WINDOW = Window.from_degrees(-6, 38, -2, 40)


@pytest.mark.parametrize(
    ("choice", "kind"),
    [
        ("healpix:64", {"kind": "healpix", "nside": 64, "order": "nested", "global_cells": 49152}),
        ("healpix:64:ring", {"kind": "healpix", "nside": 64, "order": "ring", "global_cells": 49152}),
        ("icosahedral:5", {"kind": "icosahedral", "level": 5, "global_cells": 20480}),
    ],
)
def test_names(choice, kind):
    assert choose_mesh(choice, WINDOW).kind == kind


def test_a_file(golden_weights):
    mesh = choose_mesh(str(golden_weights / "iberia_icosahedral7.mesh.nc"), WINDOW)
    assert mesh.kind == {"kind": "esmf", "file": "iberia_icosahedral7.mesh.nc", "global_cells": 322}
    assert 0 < len(mesh) < 322


@pytest.mark.parametrize("choice", ["healpix", "healpix:many", "healpix:64:ring:x", "cubed:30", "nowhere.nc"])
def test_what_is_refused(choice):
    with pytest.raises(InputError, match="give healpix:NSIDE"):
        choose_mesh(choice, WINDOW)
