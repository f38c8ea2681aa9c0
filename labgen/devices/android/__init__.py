"""Android's DHCP client."""
