"""Singer tap for Sample."""
