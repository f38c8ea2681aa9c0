"""What commands that show a device's state say of its DHCP services, whoever made it."""
