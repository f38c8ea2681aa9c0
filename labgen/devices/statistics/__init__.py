"""Tables of counters that relays and snooping switches of many makers show."""
