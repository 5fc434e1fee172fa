# Lets the VM agent log as usual.
sed -i --follow-symlinks -e 's/^ *Logs\.Verbose *=.*/Logs.Verbose=n/' /etc/waagent.conf || exit 1
grep -q '^Logs\.Verbose=n$' /etc/waagent.conf || echo 'Logs.Verbose=n' >>/etc/waagent.conf
cat > /run/azremedy-verbose.sh <<'END'
if systemctl cat walinuxagent.service >/dev/null 2>&1; then
  systemctl restart walinuxagent.service
else
  systemctl restart waagent.service
fi
END
systemd-run --on-active=30 /bin/sh /run/azremedy-verbose.sh && echo azremedy=done
