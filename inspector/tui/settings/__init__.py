"""What a person wants of the screen: the settings file, and what the screen remembers by itself between two runs."""
