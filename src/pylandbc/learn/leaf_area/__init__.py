"""Training, evaluation and export of emulators of vegetation series (leaf area index and the like)."""
