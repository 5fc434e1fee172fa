#!/bin/bash
# Mend one VM's backup with the Azure CLI, as a runbook would: look, uninstall the extension, unlock, delete the
# collection, back up, and follow the job until the snapshot is taken, or with FOLLOW=job until all data is in the
# vault. $AZ is the Azure CLI.
set -euo pipefail
vm=web-1 group=rg-shop-prod

vault=$("$AZ" backup vault list --query "[0].[name,resourceGroup]" -o tsv | tr '\n' ' ')
read -r vault_name vault_group <<<"$vault"
"$AZ" vm get-instance-view -g "$group" -n "$vm" --query "instanceView.vmAgent.statuses[0].displayStatus" -o tsv
failed=$("$AZ" backup job list -v "$vault_name" -g "$vault_group" --status Failed \
    --query "[?properties.entityFriendlyName=='$vm'] | [0].name" -o tsv)
"$AZ" backup job show -v "$vault_name" -g "$vault_group" -n "$failed" --query "properties.errorDetails" -o json
"$AZ" vm extension list -g "$group" --vm-name "$vm" --query "[].[name,provisioningState]" -o tsv
collection=$("$AZ" restore-point collection list-all \
    --query "[?ends_with(source.id, '/virtualMachines/$vm')] | [0].[resourceGroup,name]" -o tsv | tr '\n' ' ')
read -r points_group points_name <<<"$collection"
"$AZ" restore-point collection show -g "$points_group" --collection-name "$points_name" --restore-points \
    --query "length(restorePoints)" -o tsv

"$AZ" vm extension delete -g "$group" --vm-name "$vm" -n VMSnapshotLinux -o none
for lock in $("$AZ" lock list -g "$points_group" --query "[].name" -o tsv); do
    "$AZ" lock delete -n "$lock" -g "$points_group"
done
"$AZ" restore-point collection delete -g "$points_group" --collection-name "$points_name" --yes -o none
job=$("$AZ" backup protection backup-now -v "$vault_name" -g "$vault_group" -c "$vm" -i "$vm" \
    --backup-management-type AzureIaasVM --workload-type VM --retain-until "$UNTIL" --query name -o tsv)
if [ "${FOLLOW:-snapshot}" = job ]; then
    "$AZ" backup job wait -v "$vault_name" -g "$vault_group" -n "$job"
    exit
fi
. "$(dirname "$0")/follow_with_az.sh"
