"""The DHCP client of BusyBox."""
