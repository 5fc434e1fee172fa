#!/bin/bash
# Mend one VM's backup with the Azure CLI and leave out none of what azremedy looks at: the evidence, the permissions,
# the target again before each change, and its effect after it. $AZ is the Azure CLI.
set -euo pipefail
vm=web-1 group=rg-shop-prod

stop() {
    echo "$1" >&2
    exit 1
}

read_rights() { "$AZ" rest --method get --url "$arm/resourceGroups/$1/providers/Microsoft.Authorization/permissions?api-version=2022-04-01" -o none; }

check_vm() {
    [ "$("$AZ" vm show -g "$group" -n "$vm" --query vmId -o tsv)" = "$vm_id" ] || stop "another VM has taken the name"
}

check_no_job_runs() {
    running=$("$AZ" backup job list -v "$vault_name" -g "$vault_group" --status InProgress \
        --query "length([?properties.entityFriendlyName=='$vm'])" -o tsv)
    [ "$running" = 0 ] || stop "a job runs"
}

list_extensions() { "$AZ" vm extension list -g "$group" --vm-name "$vm" --query "[].name" -o tsv; }

show_collection() { "$AZ" restore-point collection show -g "$points_group" --collection-name "$points_name" "$@"; }

# The evidence.
arm=$BENCHMARK_ARM/subscriptions/$AZURE_SUBSCRIPTION_ID
vm_id=$("$AZ" vm get-instance-view -g "$group" -n "$vm" --query vmId -o tsv)
vault=$("$AZ" backup vault list --query "[0].[name,resourceGroup]" -o tsv | tr '\n' ' ')
read -r vault_name vault_group <<<"$vault"
policy=$("$AZ" backup item show -v "$vault_name" -g "$vault_group" -c "$vm" -n "$vm" --backup-management-type \
    AzureIaasVM --workload-type VM --query properties.policyId -o tsv)
"$AZ" backup policy show -v "$vault_name" -g "$vault_group" -n "${policy##*/}" -o none
failed=$("$AZ" backup job list -v "$vault_name" -g "$vault_group" --status Failed \
    --query "[?properties.entityFriendlyName=='$vm'] | [0].name" -o tsv)
"$AZ" backup job show -v "$vault_name" -g "$vault_group" -n "$failed" --query "properties.errorDetails" -o none
"$AZ" backup recoverypoint list -v "$vault_name" -g "$vault_group" -c "$vm" -i "$vm" \
    --backup-management-type AzureIaasVM --workload-type VM -o none
"$AZ" group list --query "[?starts_with(name, 'AzureBackupRG_')].name" -o none
collection=$("$AZ" restore-point collection list-all \
    --query "[?ends_with(source.id, '/virtualMachines/$vm')] | [0].[resourceGroup,name]" -o tsv | tr '\n' ' ')
read -r points_group points_name <<<"$collection"
show_collection --restore-points --query "length(restorePoints)" -o none
list_extensions >/dev/null

# The permissions.
"$AZ" rest --method get --url "$arm/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01" -o none
for each in "$group" "$points_group" "$vault_group"; do read_rights "$each"; done

# The extension.
check_vm
check_no_job_runs
"$AZ" vm extension delete -g "$group" --vm-name "$vm" -n VMSnapshotLinux -o none
[ -z "$(list_extensions | grep VMSnapshot)" ] || stop "the extension is still there"

# The lock and the collection. A change of a lock reaches Azure's regions one after the other.
for lock in $("$AZ" lock list -g "$points_group" --query "[].name" -o tsv); do
    check_vm
    "$AZ" lock delete -n "$lock" -g "$points_group"
done
for wait in 0 "$LOOK_AT_LOCK_EVERY" "$LOOK_AT_LOCK_EVERY" "$LOOK_AT_LOCK_EVERY" "$LOOK_AT_LOCK_EVERY"; do
    sleep "$wait"
    [ -z "$("$AZ" lock list -g "$points_group" --query "[].name" -o tsv)" ] || stop "the lock is still there"
done
check_vm
check_no_job_runs
show_collection -o none
"$AZ" restore-point collection delete -g "$points_group" --collection-name "$points_name" --yes -o none
! show_collection -o none 2>/dev/null || stop "the collection is still there"

# The backup.
check_no_job_runs
job=$("$AZ" backup protection backup-now -v "$vault_name" -g "$vault_group" -c "$vm" -i "$vm" \
    --backup-management-type AzureIaasVM --workload-type VM --retain-until "$UNTIL" --query name -o tsv)
. "$(dirname "$0")/follow_with_az.sh"
