"""State of a device's DHCP services, by the commands that show it, whoever made the device."""
