"""Plan the repair of a VM's backup: the confirmed causes in order, then one backup as proof."""
