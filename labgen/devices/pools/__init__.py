"""The use of DHCP servers' pools, as servers of many makers print it."""
