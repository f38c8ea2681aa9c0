"""dhcpdump, which prints DHCP packets field by field."""
