"""dhcpcd."""
