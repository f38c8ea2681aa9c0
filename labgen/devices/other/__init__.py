"""Logs of devices labgen has no reader for: what any log of DHCP has in common."""
