"""The commands: parse, call the API, hand the answer to a report, return the exit code."""
