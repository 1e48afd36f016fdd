"""Network parts, emulators and baselines. Knows nothing of files."""
