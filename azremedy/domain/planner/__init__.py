"""From evidence and the caller's options to a plan. Pure: same evidence, same plan."""
