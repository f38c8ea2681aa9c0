"""Solaris: its DHCP server."""
