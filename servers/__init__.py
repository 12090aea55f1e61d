"""What can be measured, and how it is started and stopped."""
