"""The same scenario over every client, relay and server: a compatibility matrix."""
