"""Small apps of known behaviour: slow, waiting, standing still, closing their connections."""
