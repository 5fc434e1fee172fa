# Updates the VM agent from the distribution's repository, from a timer: that restarts the agent,
# under which Run Command itself runs. What it said is in /var/log/azremedy.log. When all is over it
# says so in /var/lib/azremedy/update-agent, which update-agent-end reads.
mkdir -p /var/lib/azremedy && chmod 700 /var/lib/azremedy || exit 1
rm -f /var/lib/azremedy/update-agent
cat > /run/azremedy-update-agent.sh <<'END'
exec >>/var/log/azremedy.log 2>&1
export DEBIAN_FRONTEND=noninteractive
update=failed
if command -v apt-get; then
  apt-get update
  apt-get -y -o Dpkg::Options::=--force-confold install --only-upgrade walinuxagent || apt-get -y -o Dpkg::Options::=--force-confold install --only-upgrade waagent && update=ended
fi
if command -v yum; then
  yum -y update WALinuxAgent && update=ended
fi
if command -v tdnf; then
  tdnf -y update WALinuxAgent && update=ended
fi
if command -v zypper; then
  zypper --non-interactive update python-azure-agent && update=ended
fi
if systemctl cat walinuxagent.service >/dev/null 2>&1; then
  systemctl restart walinuxagent.service
else
  systemctl restart waagent.service
fi
echo "update=$update" >/var/lib/azremedy/update-agent
END
systemd-run --on-active=30 /bin/sh /run/azremedy-update-agent.sh && echo azremedy=done
