#!/bin/sh
# Makes and starts one job for each part of a plan: start.sh RESOURCE_GROUP FINGERPRINT SHARDS
set -eu
group=$1 fingerprint=$2 shards=$3
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

shard=1
while [ "$shard" -le "$shards" ]; do
    # The longer word goes first, as the shorter one is its beginning.
    sed -e "s/SHARDS/$shards/; s/SHARD/$shard/; s/FINGERPRINT/$fingerprint/" \
        "$(dirname "$0")/job.yaml" >"$folder/job.yaml"
    az containerapp job create --only-show-errors --output none \
        --resource-group "$group" --name "azremedy-$shard" --yaml "$folder/job.yaml"
    az containerapp job start --only-show-errors --output tsv --query name \
        --resource-group "$group" --name "azremedy-$shard"
    shard=$((shard + 1))
done
