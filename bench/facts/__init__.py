"""What was seen, as frozen types; the journal writes them down and reads them back."""
