"""List where the sandbox is let to differ from the recordings, each with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_OLD = "recorded only with old api-versions; Azure added this since, as Microsoft's documents say"
_LEAN = "the built-in scenarios' documents hold what backup and repair need, not every option"
_OTHERS = "options of the recorded test resources, which are of other kinds than the scenario's"
_USERS = "what a user writes there (tags, notes, settings), not what Azure adds"
_BUCKETS = "token buckets are reported since 2024; these recordings are older"


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A difference that is known, and why it may stay."""

    step: str
    """Which kinds and steps; `*` stands for any text."""
    difference: str
    """Which differences; `*` stands for any text."""
    reason: str
    """Why it may stay."""

    def covers(self, step: str, difference: str) -> bool:
        """Tell whether it is this difference."""
        return bool(self._step.fullmatch(step) and self._difference.fullmatch(difference))

    @cached_property
    def _step(self) -> re.Pattern[str]:
        return _pattern(self.step)

    @cached_property
    def _difference(self) -> re.Pattern[str]:
        return _pattern(self.difference)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)


def _rows(reason: str, *pairs: tuple[str, str]) -> tuple[Accepted, ...]:
    return tuple(Accepted(step=step, difference=said, reason=reason) for step, said in pairs)


_HEADERS = (
    *_rows(
        _BUCKETS, ("*", "header x-ms-ratelimit-remaining-subscription-global-*: never recorded")
    ),
    *_rows(
        "request ids of lock answers began with the region in 2018-2020; they are opaque",
        ("lock *", "header x-ms-request-id: guid, recorded *"),
    ),
    *_rows(
        "ARM sends it since 2018; the recording is older",
        ("*", "header x-content-type-options: never recorded"),
    ),
    *_rows(
        "Azure names the type of an empty body now and then",
        ("group exists, missing", "header content-type: sometimes recorded, missing"),
        ("group delete, location ended", "header content-type: sometimes recorded, missing"),
    ),
    *_rows(
        "the charset was left out in older answers; both forms are JSON",
        ("*", "header content-type: application/json; charset=utf-8, recorded application/json"),
    ),
    *_rows(
        "Compute sends Retry-After since 2019; the recordings that keep it are older or few",
        ("VM patch", "header retry-after: never recorded"),
        ("run command, Linux*", "header retry-after: never recorded"),
        ("extension patch", "header retry-after: never recorded"),
    ),
    *_rows(
        _OLD,
        ("extension patch", "header azure-async*: *"),
        ("group delete, missing", "header x-ms-ratelimit-remaining-subscription-*"),
        ("policy list", "header x-ms-ratelimit-remaining-subscription-reads: *"),
        ("extension delete, missing", "header x-ms-ratelimit-remaining-resource: never recorded"),
    ),
)

_WORDING = (
    *_rows(
        "the sentence with the link, or the one about refreshed credentials, is new since 2020",
        ("*, missing", "error message: *For more details please go to*"),
        ("group get, forbidden", "error message: *please refresh your credentials*"),
    ),
    *_rows(
        "a machine that is gone is refused by ARM; Compute itself answered in one recording",
        ("VM get, missing", "header x-ms-ratelimit-remaining-*: sometimes recorded, missing"),
    ),
    *_rows(
        "a missing policy was answered by `{}` in 2018; today's documents have an error there",
        ("policy get, missing", "*"),
    ),
)

_PLATFORM = (
    *_rows(
        "older recordings of this list have no group of a service; others show `managedBy`",
        ("group list", "body.value[].managedBy: never recorded"),
    ),
    *_rows(
        _USERS,
        ("group create", "body.tags: sometimes recorded, missing"),
        ("lock *", "body.*notes: * recorded, missing"),
    ),
    *_rows(
        "the group of the scenario belongs to nobody",
        ("group get", "body.managedBy: sometimes recorded, missing"),
        ("group update", "body.managedBy: sometimes recorded, missing"),
    ),
    *_rows(
        _OTHERS,
        ("resource list*", "body.value[].*: * recorded, missing"),
        ("resource list*", "body.nextLink: sometimes recorded, missing"),
        ("resource list*", "body.value[].tags: never recorded"),
    ),
    *_rows(
        "names applications of Microsoft's; no client of the sandbox reads it",
        ("provider *", "body.authorization*: always recorded, missing"),
    ),
    *_rows(
        _OLD,
        ("provider *", "body.registrationPolicy: never recorded"),
        ("location list", "body.value[].type: never recorded"),
    ),
    *_rows(
        "the sandbox's regions have no zones and no place on the map",
        ("provider get", "body.resourceTypes[].zoneMappings: sometimes recorded, missing"),
        ("location list", "body.value[].metadata.*: sometimes recorded, missing"),
    ),
)

_COMPUTE = (
    *_rows(
        _LEAN,
        ("VM get*", "body.properties.*: * recorded, missing"),
        ("VM get*", "body.resources[].properties.*: sometimes recorded, missing"),
        ("VM list*", "body.value[].*: sometimes recorded, missing"),
        ("VM patch", "body.*: sometimes recorded, missing"),
        ("restore point *", "body.properties.source*: * recorded, missing"),
        ("collection get, with points", "body.properties.restorePoints[].*: * recorded, missing"),
        ("extension *", "body.*properties.forceUpdateTag: * recorded, missing"),
        ("extension *", "body.properties.enableAutomaticUpgrade: sometimes recorded, missing"),
    ),
    *_rows(
        _USERS,
        ("collection *", "body.*tags: * recorded, missing"),
        ("extension *", "body.*tags: * recorded, missing"),
        ("extension *", "body.*properties.settings*"),
    ),
    *_rows(
        "the sandbox keeps no versions of machines; the tag is sent since api-version 2024-07-01",
        ("VM get*", "*etag: * recorded, missing"),
    ),
    *_rows(
        "the portal marks a machine's first card; the recorded machines were made by tools",
        ("VM *", "body.*networkProfile.networkInterfaces[].properties: never recorded"),
        ("VM get with view, deallocated", "body.*osDisk.managedDisk: never recorded"),
    ),
    *_rows(
        _OLD,
        ("VM patch", "body.properties.storageProfile.osDisk.deleteOption: never recorded"),
        ("VM patch", "body.properties.timeCreated: never recorded"),
    ),
    *_rows(
        "an extension's status has a time in Microsoft's documents; recorded agents left it out",
        ("*", "body.*statuses[].time: never recorded"),
    ),
    *_rows(
        "recorded operations that failed; the sandbox's error stands in tests of its own",
        ("*, azure-asyncoperation ended", "body.error: sometimes recorded, missing"),
    ),
)

_BACKUP = (
    *_rows(
        _LEAN,
        ("vault *", "body.*: sometimes recorded, missing"),
        ("policy *", "body.*: sometimes recorded, missing"),
        ("item *", "body.*: sometimes recorded, missing"),
        ("recovery point list", "body.*: sometimes recorded, missing"),
        ("job get*", "body.properties.extendedInfo.*: sometimes recorded, missing"),
    ),
    *_rows(
        "named so since api-version 2024-10-01, before without `InDays`",
        ("item *", "body.*softDeleteRetentionPeriod*: *"),
    ),
    *_rows(
        _OLD,
        ("item *", "body.*policyType: never recorded"),
        ("item list, unhealthy", "body.*vaultId: never recorded"),
        ("job list", "body.value[].properties.actionsInfo[]: text, recorded integer"),
    ),
    *_rows(
        "the one recorded item had never been backed up",
        ("item get", "body.properties.healthDetails: never recorded"),
        ("item get", "body.properties.last*"),
        ("item get", "body.properties.sourceSideScanning: always recorded, missing"),
    ),
    *_rows(
        "the few recorded jobs of this kind were in other phases",
        ("job list", "body.value[].properties.status: word *"),
        ("job list", "body.value[].properties.endTime: never recorded"),
        ("job get, failed", "body.properties.extendedInfo.tasksList[].*"),
    ),
)

_NETWORK = (
    *_rows(
        _LEAN,
        ("security *", "body.*: sometimes recorded, missing"),
        ("network *", "body.*: sometimes recorded, missing"),
        ("subnet *", "body.*: sometimes recorded, missing"),
        ("key vault *", "body.*: sometimes recorded, missing"),
        ("key vault list of a group", "body.*: always recorded, missing"),
        ("disk get", "body.*: * recorded, missing"),
        ("subnet *", "body.*ipamPoolPrefixAllocations: always recorded, missing"),
        ("network card list", "body.*internalDomainNameSuffix: always recorded, missing"),
    ),
    *_rows(_USERS, ("key vault *", "body.*tags: always recorded, missing")),
    *_rows(
        "the recorded rules and subnets ask for other things",
        ("security rule create", "body.properties.destinationAddressPrefix: text, *"),
        ("subnet update, with endpoint", "body.properties.serviceEndpoints: never recorded"),
        ("key vault access policy add", "body.*permissions.secrets: never recorded"),
    ),
    *_rows(
        "Azure names the type of an empty body now and then",
        ("security *, location ended", "header content-type: always recorded, missing"),
        ("network card routes", "header content-type: always recorded, missing"),
    ),
    *_rows(
        "deletions of one old recording were counted as writes",
        ("security group delete", "header x-ms-ratelimit-remaining-subscription-writes: *"),
    ),
    *_rows(
        "the one recording of this list was made by a recorder that left it out",
        ("network card list", "header x-ms-arm-service-request-id: never recorded"),
    ),
    *_rows(
        "the recorded disks hang on no machine",
        ("disk get", "body.managedBy: never recorded"),
    ),
    *_rows(
        "not in Microsoft's documents",
        ("network card routes, location ended", "body.value[].*: always recorded, missing"),
    ),
    *_rows(
        "the sandbox's vaults fit one page; paging is tested with lists of its own",
        ("key vault list of *", "body.nextLink: always recorded, missing"),
    ),
    *_rows(
        "the document says so; one recorded answer left it out",
        ("key vault access policy add", "body.location: never recorded"),
    ),
)

ACCEPTED = (*_HEADERS, *_WORDING, *_PLATFORM, *_COMPUTE, *_BACKUP, *_NETWORK)
"""The whole table."""
