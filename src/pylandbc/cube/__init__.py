"""The training cube: one Zarr group with everything an emulator learns from."""
