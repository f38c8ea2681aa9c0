"""Nokia SR OS."""
