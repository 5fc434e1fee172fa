# Looks at the VM agent and at what it needs, and changes nothing. Azure keeps the last 4,096 bytes
# only: what says that there was a look comes before what was seen, so that it is lost first.
PATH=$PATH:/usr/sbin:/sbin
echo "service.walinuxagent=$(systemctl show walinuxagent.service -p LoadState -p ActiveState -p UnitFileState 2>/dev/null | tr '\n' ' ')"
echo "service.waagent=$(systemctl show waagent.service -p LoadState -p ActiveState -p UnitFileState 2>/dev/null | tr '\n' ' ')"
waagent --version 2>/dev/null
[ -r /etc/waagent.conf ] && echo conf=read
grep -E '^ *(Extensions\.Enabled|Provisioning\.Agent|Logs\.Verbose) *=' /etc/waagent.conf 2>/dev/null
echo addresses=looked
ip -4 -o route show default 2>/dev/null
ip -4 -o addr show scope global 2>/dev/null
pgrep -x wickedd-dhcp4 >/dev/null 2>&1 && echo dhcp=wicked
pgrep -x 'dhclient|dhcpcd|udhcpc' >/dev/null 2>&1 && echo dhcp=client
if command -v curl >/dev/null 2>&1; then
  curl -s -o /dev/null --connect-timeout 5 --max-time 10 'http://168.63.129.16/?comp=versions' && echo host80=yes || echo host80=no
  curl -s -o /dev/null --connect-timeout 5 --max-time 10 http://168.63.129.16:32526/versions && echo host32526=yes || echo host32526=no
fi
echo remains=looked
ls -d /var/lib/waagent/Microsoft.Azure.RecoveryServices.VMSnapshotLinux-* 2>/dev/null
grep -l -x -E 'Enabled|Installed' /var/lib/waagent/Microsoft.Azure.RecoveryServices.VMSnapshotLinux-*/config/HandlerState 2>/dev/null
echo azremedy=done
