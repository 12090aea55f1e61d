"""What reference servers and apps are sent, and what is right of them."""
