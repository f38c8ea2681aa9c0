"""ISC dhcpd."""
