"""The DHCP server of Windows."""
