"""Give report tests runs and plans to tell of, each made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import report_materials

if TYPE_CHECKING:
    from azremedy.report.material import Material


@pytest.fixture(scope="session")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Give a run that mended a VM with three causes."""
    folder = tmp_path_factory.mktemp("fixed")
    return report_materials.fix(folder, "lock-points-and-extension")


@pytest.fixture(scope="session")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Give a run in which Azure refused to delete the points."""
    return report_materials.failed(tmp_path_factory.mktemp("failed"))


@pytest.fixture(scope="session")
def left_off(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Give a run that could not put a lent lock back."""
    return report_materials.left_off(tmp_path_factory.mktemp("left-off"))


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Give a plan in a file."""
    return report_materials.planned(tmp_path_factory.mktemp("planned"))
