"""Coupling: bundles, the Python coupler over the C interface, recording and replay."""
