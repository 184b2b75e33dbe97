"""Where services run and through what visitors reach them: processes, Envoy, and pretended ones for tests."""
