"""What every Linux node shares: its data plane, the kernel's tables, processes, ports, services; no device of its own."""
