"""The page of a run or a plan says what happened, and nothing that it should not say."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.evidence import Unreadable
from azremedy.domain.plan import Copy, Decision, PointLoss, TargetPlan, Verdict
from azremedy.domain.run import StepState
from azremedy.ids import ResourceId
from azremedy.report.html import write_html
from azremedy.report.html.commands import list_commands, list_target_commands
from azremedy.report.html.page import make_page
from azremedy.report.html.phrases import clean, shorten, tell_duration
from azremedy.report.html.tones import Tone, describe_state
from tests.support.report_materials import make_fleet, with_canary

if TYPE_CHECKING:
    from azremedy.report.html.view import Page
    from azremedy.report.material import Material

CANARY = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>\'"&'


class Seen(HTMLParser):
    """Counts tags and collects what could ask for something or run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.handlers: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        self.tags[tag] += 1
        for name, value in attributes:
            if name.startswith("on") or name == "style":
                self.handlers.append(name)
            if name in {"src", "href", "action", "xlink:href", "data"}:
                self.addresses.append(str(value))


@pytest.fixture(scope="module")
def fleet(fixed: Material) -> Material:
    """Give a fleet that is told in short."""
    return make_fleet([fixed], 221)


def page_of(material: Material) -> Page:
    """Make the view alone."""
    return make_page(material)[0]


def tiles_of(material: Material) -> dict[str, tuple[str, str, Tone]]:
    """Give the tiles by their labels."""
    return {each.label: (each.value, each.note, each.tone) for each in page_of(material).tiles}


def commands_of(material: Material) -> list[str]:
    """Give the commands by which a report goes on."""
    return [each.text for each in list_commands(material)]


def test_page_asks_for_nothing(fixed: Material) -> None:
    """Every address leads to a place on the page itself."""
    seen = Seen(write_html(fixed))

    assert {"#"} == {address[0] for address in seen.addresses}
    assert [] == seen.handlers
    assert 0 == seen.tags["link"] + seen.tags["img"] + seen.tags["iframe"]


def test_policy_names_style_and_script_by_their_hashes(fixed: Material) -> None:
    """A browser runs these two and nothing else."""
    text = write_html(fixed)

    for tag in ("style", "script"):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in text.replace("&#43;", "+")
    assert "default-src &#39;none&#39;" in text


def test_text_of_strangers_stays_text(failed: Material) -> None:
    """With markup behind every text the page has the same tags as without."""
    plain, poisoned = write_html(failed), write_html(with_canary(failed, CANARY))
    before, after = Seen(plain), Seen(poisoned)

    assert 30 < poisoned.count("&lt;script&gt;window.harmed=1&lt;/script&gt;")
    assert (0, 1, 1) == (after.tags["img"], after.tags["script"], after.tags["style"])
    assert [] == after.handlers
    assert before.tags.keys() == after.tags.keys()


def test_hidden_signs_are_made_visible() -> None:
    """Signs that turn the direction of writing, and lone surrogates, would show other words."""
    assert "a\ufffdb\ufffdc\ufffd\n" == clean("a\u202eb\x00c\ud800\n")


def test_secrets_are_not_shown(failed: Material) -> None:
    """The signature of an address that Azure named is taken out, and no output is shown."""
    address = "https://x.blob.core.windows.net/c?sv=2024&sig=4Canary8Of0Thirty2Characters%3D"
    results = {
        number: replace(result, message=f"see {address}", output="printed by a script")
        for number, result in failed.results.items()
    }

    text = write_html(replace(failed, results=results))

    assert "blob.core.windows.net" in text
    assert "4Canary8Of0Thirty2Characters" not in text
    assert "printed by a script" not in text


def test_good_run_is_summed_up(fixed: Material) -> None:
    """VMs, steps, points with their copies, locks, backups and time."""
    assert {
        "VMs": ("1 of 1", "done", Tone.GOOD),
        "Steps": ("5 of 5", "done", Tone.GOOD),
        "Restore points": ("18", "deleted, all in the vault too", Tone.GOOD),
        "Locks": ("1", "1 removed for good", Tone.GOOD),
        "Backups": ("1 of 1", "confirmed after the repair", Tone.GOOD),
        "Took": ("4 min", "from 2026-11-20 08:00:00 UTC", Tone.IDLE),
    } == tiles_of(fixed)


def test_failed_run_is_summed_up(failed: Material) -> None:
    """What failed, what was not done after it, and that no point was lost."""
    tiles = tiles_of(failed)

    assert ("0 of 1", "done, 1 failed or unknown", Tone.BAD) == tiles["VMs"]
    assert ("2 of 5", "done, 1 failed, 2 not done", Tone.BAD) == tiles["Steps"]
    assert ("0", "none deleted", Tone.IDLE) == tiles["Restore points"]
    assert ("0 of 1", "confirmed, 1 not", Tone.BAD) == tiles["Backups"]


def test_failed_run_tells_why_and_how_to_go_on(failed: Material) -> None:
    """Azure's words with the request id, the advice, and the commands."""
    page = page_of(failed)
    (target,) = page.targets
    trouble = target.steps[2].trouble

    assert trouble is not None
    assert "OperationNotAllowed" in trouble.azure
    assert "[request " in trouble.azure
    assert target.result.startswith("Step 3 failed: Delete AzureBackup_web-1_")
    assert f"azremedy resume {failed.run_id} --sandbox lock-points-and-extension" == (
        page.commands[0].text
    )
    assert ["azremedy diagnose --vm"] == [each.text[:22] for each in target.commands]


def test_lock_that_is_off_comes_first(left_off: Material) -> None:
    """It is an alarm, stands in the tiles, in the picture and in the timeline, and bars undoing."""
    page = page_of(left_off)
    text = write_html(left_off)

    assert ["The CanNotDelete lock 'landing-zone' at subscription"] == [
        alarm[:52] for alarm in page.alarms
    ]
    assert ("1", "1 STILL OFF", Tone.BAD) == tiles_of(left_off)["Locks"]
    assert "STILL OFF, or perhaps so" in text
    assert "Lock landing-zone is STILL OFF" in text
    assert ["resume", "runs"] == [each.split()[1] for each in commands_of(left_off)]


def test_plan_tells_what_would_be_done(planned: Material) -> None:
    """Nothing has happened: no outcome, no time, and the command names the plan's fingerprint."""
    page, text = page_of(planned), write_html(planned)

    assert "Planned" == page.badge.text
    assert page.timeline is None
    assert {"planned"} == {row.badge.text for row in page.targets[0].steps}
    assert "As it would be" in text
    assert "Request id" not in text.partition("<h4>Evidence")[0]
    assert (
        f"--approve {planned.fingerprint} --sandbox restore-point-limit" in commands_of(planned)[-1]
    )


def test_refused_plan_gives_reasons_and_no_command(planned: Material) -> None:
    """The guard's reason, the flag that overrides it, and nothing to carry out."""
    verdict = Verdict(
        guard="lock-in-the-way",
        decision=Decision.REFUSE,
        subject="/subscriptions/x",
        message="a lock is in the way",
        override="--unlock",
    )
    target = replace(planned.plan.targets[0], verdicts=(verdict,))
    page = page_of(replace(planned, state="refused", plan=replace(planned.plan, targets=(target,))))
    (row,) = page.targets[0].verdicts

    assert ("Refused", "refused", Tone.BAD) == (
        page.badge.text,
        page.targets[0].badge.text,
        row.badge.tone,
    )
    assert ("A lock is in the way. Override: --unlock.", "/subscriptions/x") == (
        row.message,
        row.subject,
    )
    assert () == page.commands


@pytest.mark.parametrize(
    ("copy", "note", "tone"),
    [
        (Copy.NONE, "deleted, 18 lost for good", Tone.BAD),
        (Copy.UNKNOWN, "deleted, 18 with a copy unknown", Tone.WARN),
    ],
)
def test_lost_points_alarm(fixed: Material, copy: Copy, note: str, tone: Tone) -> None:
    """Points without a copy are counted, and named one by one in the loss sheet."""
    target = fixed.plan.targets[0]
    loss = tuple(replace(each, copy=copy) for each in target.loss)
    material = replace(fixed, plan=replace(fixed.plan, targets=(replace(target, loss=loss),)))

    assert ("18", note, tone) == tiles_of(material)["Restore points"]
    (group,) = page_of(material).targets[0].loss
    assert (18, tone) == (len(group.points), group.tone)


def test_evidence_names_source_time_and_request(fixed: Material) -> None:
    """Each fact points to a line with the resource, Azure's time and the request id."""
    evidence = page_of(fixed).targets[0].evidence
    assert evidence is not None
    cited = {
        fact.source
        for finding in (*evidence.confirmed, *evidence.ruled_out)
        for fact in finding.facts
    }
    listed = {each.number: each for each in evidence.sources}

    assert cited <= listed.keys()
    assert {"extension-failed", "point-group-locked", "point-limit"} == {
        finding.cause for finding in evidence.confirmed
    }
    fact = evidence.confirmed[0].facts[0]
    assert listed[fact.source].name.endswith("/extensions/VMSnapshotLinux")
    assert "2026-11-20 08:00:00" == listed[fact.source].when
    assert 36 == len(listed[fact.source].request_id)


def test_worst_comes_first_and_what_is_alike_is_told_once(
    fixed: Material, failed: Material
) -> None:
    """Failed VMs lead the list; a note about all of them stands on the page, not with each."""
    page = page_of(make_fleet([fixed, fixed, failed], 9))

    assert ["failed"] * 3 + ["done"] * 6 == [target.badge.text for target in page.targets]
    assert [("failed", 3), ("done", 6)] == [(b.text, count) for b, count in page.filters]
    assert 9 in {count for _, count in page.notes}
    assert {()} == {target.notes for target in page.targets}
    assert "3 of 9 VMs need attention." in page.lead
    assert ("extension-failed", 9, "6 of 9 done") in {
        (row.cause, row.count, row.told) for row in page.causes
    }


def test_fleet_without_trouble_says_so(fixed: Material) -> None:
    """Nobody has to look for what is not there."""
    assert "None of them needs attention." in page_of(make_fleet([fixed], 3)).lead


def test_thousand_vms_stay_below_five_megabytes(fleet: Material) -> None:
    """Each VM adds little, though each has three causes, five steps and two pictures."""
    fewer = replace(fleet, plan=replace(fleet.plan, targets=fleet.plan.targets[:201]))
    small, large = len(write_html(fewer).encode()), len(write_html(fleet).encode())
    each = (large - small) / (len(fleet.plan.targets) - 201)

    assert each * (1000 - 201) + small < 5_000_000


def test_large_fleet_keeps_the_sources_of_what_was_wrong(fleet: Material) -> None:
    """In short, as seen from the VM's subscription; the page says what it leaves out."""
    page = page_of(fleet)
    evidence = page.targets[0].evidence

    assert page.brief
    assert evidence is not None
    assert () == evidence.ruled_out
    origin = evidence.confirmed[0].facts[0].origin
    assert re.fullmatch(r"VM/extensions/VMSnapshotLinux · 08:00:00 · [0-9a-f-]{36}", origin)
    assert "as above" == evidence.confirmed[2].facts[0].origin


@pytest.mark.parametrize(
    ("cloud", "tenant", "options"),
    [
        ("https://management.azure.com", "", ""),
        ("https://management.usgovcloudapi.net/", "", " --cloud usgov"),
        ("https://management.chinacloudapi.cn", "t-1", " --tenant t-1 --cloud china"),
    ],
)
def test_commands_go_where_the_run_was(
    fixed: Material, cloud: str, tenant: str, options: str
) -> None:
    """The tenant and the cloud of the run are part of the commands."""
    assert fixed.plan.origin is not None
    origin = replace(fixed.plan.origin, cloud=cloud, tenant_id=tenant, sandbox="")
    material = replace(fixed, plan=replace(fixed.plan, origin=origin), run_id="R-1")

    assert [
        "azremedy runs show R-1",
        f"azremedy undo R-1 --dry-run{options}",
        f"azremedy undo R-1{options}",
    ] == commands_of(material)


def test_plan_of_unknown_origin_has_plain_commands(fixed: Material) -> None:
    """Old plans do not say where they were made."""
    material = replace(fixed, plan=replace(fixed.plan, origin=None), run_id="R-1")

    assert "azremedy undo R-1" == commands_of(material)[-1]


def test_what_was_undone_is_not_undone_again(fixed: Material) -> None:
    """The page names the run that took it back."""
    material = replace(fixed, undone_by="R-2")

    assert ["runs"] == [each.split()[1] for each in commands_of(material)]
    assert "Run R-2 took it back." in page_of(material).lead


def test_running_run_is_neither_resumed_nor_undone(fixed: Material) -> None:
    """Its process lives."""
    material = replace(fixed, state="running", exit_code=None)

    assert ["runs"] == [each.split()[1] for each in commands_of(material)]
    assert "Still running" == page_of(material).badge.text


def test_cut_off_run_says_what_nobody_saw(fixed: Material) -> None:
    """A step without an outcome is unknown, those behind it were not reached."""
    results = {number: fixed.results[number] for number in (1, 2)}
    material = replace(
        fixed, state="cut off", results=results, unknown=frozenset({3}), exit_code=None
    )
    page = page_of(material)

    assert ["done", "done", "outcome unknown", "not reached", "not reached"] == [
        row.badge.text for row in page.targets[0].steps
    ]
    assert "Nobody saw 1 step's outcome: resume the run, which looks first." in page.alarms
    assert "azremedy resume" in page.commands[0].text
    assert "outcome unknown" == page.targets[0].badge.text


def test_target_without_steps_tells_why(planned: Material) -> None:
    """Nothing to do, or not wholly read."""
    target = replace(planned.plan.targets[0], steps=(), loss=(), diagnosis=None)
    for state, expected in (("nothing-to-do", "nothing to do"), ("failed", "not wholly read")):
        gaps = planned.plan.targets[0].gaps if state == "nothing-to-do" else _gaps()
        plan = replace(planned.plan, targets=(replace(target, gaps=gaps),))
        page = page_of(replace(planned, state=state, plan=plan))

        assert expected == page.targets[0].badge.text
        assert (0, None) == (len(page.targets[0].steps), page.targets[0].evidence)


def _gaps() -> tuple[Unreadable, ...]:
    return (Unreadable(source="locks", why="no permission"),)


def test_unfinished_targets_are_told_apart(fixed: Material) -> None:
    """Begun and not ended, or not begun at all."""
    some = replace(fixed, results={1: fixed.results[1]}, state="interrupted")
    none = replace(fixed, results={}, state="interrupted")

    assert ("not finished", "not begun") == (
        page_of(some).targets[0].badge.text,
        page_of(none).targets[0].badge.text,
    )
    assert "none was taken off" == tiles_of(none)["Locks"][1]


def test_undoing_run_names_what_it_undoes(fixed: Material) -> None:
    """Both runs are on the page."""
    material = replace(fixed, plan=replace(fixed.plan, undoes="R-0"))

    assert "It takes back what run R-0 did." in page_of(material).lead


def test_group_as_target_has_one_box(planned: Material) -> None:
    """Locks are taken off a group: there is neither VM nor vault to draw."""
    group = planned.plan.targets[0].steps[0].step.target.scope
    target = TargetPlan(target=group, steps=planned.plan.targets[0].steps[:1])
    material = replace(planned, plan=replace(planned.plan, targets=(target,)))
    (view,) = page_of(material).targets

    assert 1 == len(view.before.boxes)
    assert "subscription" == view.place
    assert "Targets" in tiles_of(material)
    assert () == list_target_commands(target, material)


def test_loss_without_a_time_is_named(fixed: Material) -> None:
    """A point whose time nobody tells is named all the same."""
    collection = next(iter(fixed.plan.targets[0].loss)).restore_point_id.parent
    point = ResourceId.parse(f"{collection}/restorePoints/odd")
    loss = (PointLoss(restore_point_id=point, time=None, copy=Copy.NONE),)
    target = replace(fixed.plan.targets[0], loss=loss)
    page = page_of(replace(fixed, plan=replace(fixed.plan, targets=(target,))))

    assert ("odd",) == page.targets[0].loss[0].points


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(milliseconds=40), "under 1 s"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(minutes=2), "2 min"),
        (timedelta(minutes=2, seconds=45), "2 min 45 s"),
        (timedelta(hours=3, minutes=5), "3 h 5 min"),
        (timedelta(days=2, hours=1), "2 d 1 h"),
    ],
)
def test_durations_are_told_in_two_units(span: timedelta, told: str) -> None:
    """As people say them."""
    assert told == tell_duration(span)


@pytest.mark.parametrize(
    ("text", "length", "short"),
    [("short", 5, "short"), ("abcdefghij", 7, "abcd…ij"), ("abc", 2, "…c"), ("abc", 1, "…")],
)
def test_long_names_lose_their_middle(text: str, length: int, short: str) -> None:
    """Beginning and end tell names apart."""
    assert short == shorten(text, length)


def test_unknown_state_is_shown_as_it_is() -> None:
    """A word of a newer version is no reason to fail."""
    assert ("odd", Tone.WARN) == (describe_state("odd").text, describe_state("odd").tone)


def test_state_of_a_step_prefers_its_outcome(fixed: Material) -> None:
    """A step that was seen to be done is not unknown."""
    assert StepState.DONE is replace(fixed, unknown=frozenset({1})).find_state(1)
