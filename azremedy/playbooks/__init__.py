"""Read playbooks and instructions: those that come with azremedy, and a team's own.

Importing this package is cheap; YAML and pydantic are loaded when something is read.
"""

from __future__ import annotations

from azremedy.playbooks.folders import find_folder, find_user_folder
from azremedy.playbooks.library import (
    Library,
    check_files,
    find_playbooks,
    load_library,
    load_shipped,
    read_playbook,
)
from azremedy.playbooks.problems import Problem
from azremedy.playbooks.schema import SCHEMAS, make_schema

__all__ = [
    "SCHEMAS",
    "Library",
    "Problem",
    "check_files",
    "find_folder",
    "find_playbooks",
    "find_user_folder",
    "load_library",
    "load_shipped",
    "make_schema",
    "read_playbook",
]
