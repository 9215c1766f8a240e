"""The server: one process of UI, API and OTLP receivers. The composition root, with the CLI."""
