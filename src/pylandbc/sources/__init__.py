"""Readers of the official products.

Each opens the genuine file and returns an xarray Dataset in the project's names and units.
"""
