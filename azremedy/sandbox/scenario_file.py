"""Read scenarios from YAML and JSON files."""
