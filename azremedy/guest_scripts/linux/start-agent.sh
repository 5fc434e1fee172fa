# Starts the VM agent anew, from a timer: Run Command itself runs under the agent.
cat > /run/azremedy-start-agent.sh <<'END'
if systemctl cat walinuxagent.service >/dev/null 2>&1; then
  systemctl enable walinuxagent.service
  systemctl restart walinuxagent.service
else
  systemctl enable waagent.service
  systemctl restart waagent.service
fi
END
systemd-run --on-active=30 /bin/sh /run/azremedy-start-agent.sh && echo azremedy=done
