"""Emulators of vegetation series (leaf area index and the like): one architecture per file."""
