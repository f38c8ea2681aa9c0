"""FreeRADIUS as a DHCP server."""
