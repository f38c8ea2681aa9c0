"""ISC dhclient."""
