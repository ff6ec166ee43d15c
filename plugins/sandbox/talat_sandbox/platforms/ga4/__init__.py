"""Google Analytics: the Data API of its properties."""
