"""ISC dhcrelay."""
