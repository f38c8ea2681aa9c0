"""Tools that ask which DHCP servers there are: nmap's scripts, dhcploc."""
