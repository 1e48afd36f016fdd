"""Tests of the mesh formats; `layouts` writes small meshes by hand."""
