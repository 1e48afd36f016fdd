"""Training, evaluation, metrics and export of emulators."""
