"""Singer tap for Google Analytics 4."""
