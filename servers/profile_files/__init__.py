"""From TOML files, which people write, to profiles: validated once, here."""
