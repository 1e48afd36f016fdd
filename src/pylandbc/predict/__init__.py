"""Land use over decades at 1 km from coarse data alone (docs/prediction.md)."""
