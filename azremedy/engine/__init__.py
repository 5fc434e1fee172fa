"""Carry a plan out: guard again, write the intent down, call, write the outcome down, verify."""
