"""What azremedy knows and decides: values and pure functions, no input or output of any kind."""
