"""The generator: reads a schema and operation files, renders a typed Python package; `generate` is the whole of it."""
