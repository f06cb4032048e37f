"""The re-index of a storage: the form that it begins with, how it goes on, and what it found."""
