"""How the commands say what may be named as a mesh."""

MESH = (
    "A mesh file (ESMF, SCRIP, UGRID, ICON, CF grid), or healpix:NSIDE[:nested|ring], icosahedral:LEVEL, "
    "O320, F80, N320."
)
MESH_OF_MAPS = f"Of 1 km maps. {MESH}"
