#!/bin/sh
# INTERFACES and SERVERS come joined by commas; dhcrelay wants them one by one, and its uplink apart.
ports=$(echo ",$1" | sed 's/,/ -id /g'); exec dhcrelay -4 -d $ports -iu eth1 $(echo "$2" | tr , ' ')
