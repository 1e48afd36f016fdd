"""The synthetic planet: files in the official formats with a known truth."""
