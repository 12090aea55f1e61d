"""OpenAPI documents: what an app says that it can be asked."""
