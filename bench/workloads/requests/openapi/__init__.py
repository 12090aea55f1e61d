"""OpenAPI documents: the requests that an app describes."""
