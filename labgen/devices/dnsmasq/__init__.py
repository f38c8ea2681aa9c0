"""dnsmasq."""
