"""The only writers: one handler for each kind of step, each in the same three moves."""
