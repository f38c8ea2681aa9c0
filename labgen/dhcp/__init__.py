"""The DHCP domain: packets, messages, exchanges, findings."""
