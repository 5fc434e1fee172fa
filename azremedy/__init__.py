"""azremedy: finds out why an Azure VM backup fails and repairs it from the control plane."""

from azremedy._version import __version__

__all__ = ["__version__"]
