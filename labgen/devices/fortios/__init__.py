"""FortiGate firewalls."""
