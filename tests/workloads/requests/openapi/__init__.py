"""What --openapi makes of documents, and of apps that have them."""
