"""U-Boot's DHCP and BOOTP client."""
