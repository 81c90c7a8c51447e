"""JSON schemas: read with their remote documents, checked before any answer, applied in a process of their own."""
