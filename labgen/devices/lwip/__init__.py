"""The DHCP client of lwIP, which ESP-IDF and many other systems of small devices use."""
