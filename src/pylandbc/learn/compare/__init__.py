"""Joint multi-task model against chain of separate models: training, scores, four tables."""
