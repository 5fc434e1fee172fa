"""Show domain objects to people and machines. Nothing here reads, decides or changes."""
