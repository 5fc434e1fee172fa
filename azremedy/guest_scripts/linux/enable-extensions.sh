# Lets the VM agent handle extensions. The file as it was first stays beside it.
[ -e /etc/waagent.conf.azremedy ] || cp -p /etc/waagent.conf /etc/waagent.conf.azremedy || exit 1
sed -i --follow-symlinks -e 's/^ *Extensions\.Enabled *=.*/Extensions.Enabled=y/' -e 's/^ *Provisioning\.Agent *=.*/Provisioning.Agent=auto/' /etc/waagent.conf || exit 1
grep -q '^Extensions\.Enabled=y$' /etc/waagent.conf || echo 'Extensions.Enabled=y' >>/etc/waagent.conf
grep -q '^Provisioning\.Agent=auto$' /etc/waagent.conf || echo 'Provisioning.Agent=auto' >>/etc/waagent.conf
cat > /run/azremedy-enable-extensions.sh <<'END'
if systemctl cat walinuxagent.service >/dev/null 2>&1; then
  systemctl restart walinuxagent.service
else
  systemctl restart waagent.service
fi
END
systemd-run --on-active=30 /bin/sh /run/azremedy-enable-extensions.sh && echo azremedy=done
