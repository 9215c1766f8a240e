"""The command line: ``evalwright <noun> <verb>``, one lazily imported module per noun."""
