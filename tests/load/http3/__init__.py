"""HTTP/3: against aioquic, another library than the generator's, and against hypercorn."""
