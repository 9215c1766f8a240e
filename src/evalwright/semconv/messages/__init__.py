"""Chat messages of every dialect as one shape."""
