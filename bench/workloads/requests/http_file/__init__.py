"""Files of requests for editors (.http, .rest): taken apart, filled in, and read."""
