"""The common part of all Linux nodes: data plane, the kernel's tables, processes, ports, services; no device of its own."""
