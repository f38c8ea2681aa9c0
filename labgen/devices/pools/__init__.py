"""How full the pools of DHCP servers are, as servers of many makers print it."""
