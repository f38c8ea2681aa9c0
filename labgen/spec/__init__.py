"""The YAML spec: models, loading with line numbers, JSON Schema."""
