"""Lists of leases as firewalls, routers and servers of many makers print them."""
