#!/bin/bash
# Follow the backup job $job of $vault_name in $vault_group until its snapshot is taken; for the scripts beside this one.
while :; do
    state=$("$AZ" backup job show -v "$vault_name" -g "$vault_group" -n "$job" --query \
        "join('/', [properties.status, properties.extendedInfo.tasksList[0].status])" -o tsv)
    case "$state" in
        */Completed) exit 0 ;;
        InProgress/*) sleep "$LOOK_EVERY" ;;
        *) echo "$state" >&2; exit 1 ;;
    esac
done
