"""Forms on side screens: lines to choose, to tick and to type in, and how work that they began goes on."""
