"""The 1 km grid, native meshes, and the overlap weights between them."""
