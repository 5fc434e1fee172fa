"""A scan is told as a page, as Markdown and as JUnit: what fails, what will, what treats it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

import pytest

from azremedy.api.scan import scan as scan_estate
from azremedy.domain.estate import LastJob, ReadFrom, Risk, ScannedVm
from azremedy.domain.evidence import Unreadable
from azremedy.domain.resources import LockLevel, ManagementLock
from azremedy.ids import ResourceId
from azremedy.report.html import write_scan_html
from azremedy.report.html.scan_page import make_scan_page
from azremedy.report.html.scan_world import find_scanned_world
from azremedy.report.html.tones import Tone
from azremedy.report.junit import write_scan_junit
from azremedy.report.scan_markdown import write_scan_markdown
from tests.support.stages import ROOT, open_stage

if TYPE_CHECKING:
    from azremedy.domain.estate import Scan
    from azremedy.report.html.view import Page

GROUP = f"{ROOT}/resourceGroups/rg"
VM = ResourceId.parse(f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web-1")
VAULT = ResourceId.parse(f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/v")
ITEM = ResourceId.parse(
    f"{VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;c/protectedItems/VM;c"
)
GAP = Unreadable(source="locks", why="no right | at all")


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """Scan a small estate."""
    return scan_estate(open_stage(tmp_path_factory.mktemp("estate"), "fleet-small").azure)


def page_of(scan: Scan) -> Page:
    """Make the view alone."""
    return make_scan_page(scan, "my scan.json")[0]


def looks(vm: ScannedVm) -> list[tuple[str, Tone]]:
    """Give how each part of a VM's world looks."""
    return [(part.before.detail, part.before.tone) for part in find_scanned_world(vm).parts]


def test_page_counts_and_treats(scan: Scan) -> None:
    """Tiles, causes, and for each cause the command to try first."""
    page = page_of(scan)

    assert f"{len(scan.failing)} VMs failing" == page.badge.text
    assert str(scan.protected) == page.tiles[0].value
    assert len(scan.groups) == len(page.commands) == len(page.causes)
    assert all("'my scan.json'" in each.text for each in page.commands if "--from" in each.text)
    assert len(scan.vms) == len(page.targets)
    assert "Subscriptions" == page.listings[-1].title
    assert "<svg" in write_scan_html(scan)


def test_clean_estate_is_well(scan: Scan) -> None:
    """Without a VM the page says so; what could not be read is no reason to."""
    clean = replace(scan, vms=(), groups=(), locked_groups=(), orphans=())
    risky = replace(scan, vms=tuple(vm for vm in scan.vms if not vm.failing))

    assert "All is well" == page_of(clean).badge.text
    assert "Not wholly read" == page_of(replace(clean, gaps=(GAP,))).badge.text
    assert "there may be more" in page_of(replace(clean, gaps=(GAP,))).lead[0]
    assert "at risk" in page_of(risky).badge.text
    assert "None." in write_scan_html(clean)


def test_what_was_not_read_is_told(scan: Scan) -> None:
    """By subscription and by list."""
    unread = replace(
        scan.subscriptions[0], read_from=ReadFrom.NOBODY, why="no right", protected=None
    )
    page = page_of(replace(scan, subscriptions=(unread,), gaps=(GAP,)))

    assert "1 subscription not at all" == page.tiles[-1].note
    assert ("not read", "nobody: no right") == page.listings[-1].rows[0][2:4]


def test_world_of_a_vm_that_fails() -> None:
    """Its code, its points, its locks."""
    lock = ManagementLock(
        id=ResourceId.parse(f"{GROUP}/providers/Microsoft.Authorization/locks/keep"),
        level=LockLevel.CAN_NOT_DELETE,
    )
    job = LastJob(id=None, status="Failed", at=None, code="UserErrorX")
    vm = ScannedVm(
        id=VM,
        exists=True,
        location="westeurope",
        item_id=ITEM,
        vault_id=VAULT,
        risks=(Risk.FAILING,),
        cause="UserErrorX",
        last_job=job,
        points=18,
        locks=(lock,),
    )

    assert [
        ("Seen in westeurope", Tone.GOOD),
        ("18", Tone.BAD),
        ("CanNotDelete at group rg", Tone.BAD),
        ("Protected", Tone.GOOD),
        ("UserErrorX", Tone.BAD),
    ] == looks(vm)


def test_world_of_a_vm_that_was_hardly_read() -> None:
    """What is not known is not well."""
    vm = ScannedVm(id=VM, risks=(Risk.CHRONIC,), cause="x")

    assert {Tone.IDLE} == {tone for _, tone in looks(vm)}


@pytest.mark.parametrize(
    ("vm", "place", "expected"),
    [
        (ScannedVm(id=VM, risks=(Risk.PAUSED,), cause="x", exists=False), 0, "Not seen"),
        (ScannedVm(id=VM, risks=(Risk.PAUSED,), cause="x", exists=True), 0, "Seen"),
        (ScannedVm(id=VM, risks=(Risk.NEAR_LIMIT,), cause="x", points=15), 1, "15"),
        (ScannedVm(id=VM, risks=(Risk.CHRONIC,), cause="x", points=3), 1, "3"),
        (ScannedVm(id=VM, risks=(Risk.PAUSED,), cause="x"), 3, "Paused: nobody backs it up"),
        (
            ScannedVm(id=VM, risks=(Risk.UNHEALTHY,), cause="x", item_id=ITEM),
            3,
            "The vault says that something is wrong",
        ),
    ],
)
def test_each_risk_shows_where_it_lies(vm: ScannedVm, place: int, expected: str) -> None:
    """In the VM, in its points, or in the vault."""
    assert expected == looks(vm)[place][0]


@pytest.mark.parametrize(
    ("status", "failures", "risk", "expected"),
    [
        ("Completed", 0, Risk.LOCKED, ("Completed", Tone.GOOD)),
        ("Completed", 4, Risk.CHRONIC, ("Completed; 4 failures of late", Tone.WARN)),
        (
            "CompletedWithWarnings",
            0,
            Risk.WARNINGS,
            ("CompletedWithWarnings", Tone.WARN),
        ),
    ],
)
def test_last_backup_that_did_not_fail(
    status: str, failures: int, risk: Risk, expected: tuple[str, Tone]
) -> None:
    """Good, good at last, or with warnings."""
    job = LastJob(id=None, status=status, at=None)
    vm = ScannedVm(id=VM, risks=(risk,), cause="x", last_job=job, failures=failures)

    assert expected == looks(vm)[-1]


def test_markdown_has_a_table_for_each_cause(scan: Scan) -> None:
    """With the command; bars in texts do not break it."""
    text = write_scan_markdown(replace(scan, gaps=(GAP,)), "scan.json")

    for group in scan.groups:
        assert f"## {group.cause}: {group.count} VM" in text
    assert "--from-scan scan.json" in text
    assert "no right \\| at all" in text


def test_junit_has_a_case_for_each_vm(scan: Scan) -> None:
    """Failing VMs fail, those at risk do not, what could not be read is an error."""
    root = fromstring(write_scan_junit(replace(scan, gaps=(GAP,))))  # noqa: S314 - it is our own

    assert (str(len(scan.vms) + 1), str(len(scan.failing)), "1") == (
        root.get("tests"),
        root.get("failures"),
        root.get("errors"),
    )
