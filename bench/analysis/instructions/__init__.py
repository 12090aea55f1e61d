"""Instructions a request: from blocks that were counted to figures, ranks and a verdict."""
