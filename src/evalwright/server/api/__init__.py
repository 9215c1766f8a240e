"""One module per noun of the HTTP API; each holds ``routes``."""
