"""Readers of the official products: each opens the genuine file and returns an xarray Dataset in the project's names and units."""
