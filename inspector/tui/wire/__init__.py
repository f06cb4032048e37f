"""What is sent to the terminal: only the cells that differ from what stands there."""
