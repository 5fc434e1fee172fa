# Moves what is left of the snapshot extension aside; the next backup installs it anew.
mkdir -p /var/lib/azremedy && chmod 700 /var/lib/azremedy || exit 1
if ls -d /var/lib/waagent/Microsoft.Azure.RecoveryServices.VMSnapshotLinux-* >/dev/null 2>&1; then
  mv --backup=numbered /var/lib/waagent/Microsoft.Azure.RecoveryServices.VMSnapshotLinux-* /var/lib/azremedy/ && echo aside=/var/lib/azremedy || exit 1
fi
echo azremedy=done
