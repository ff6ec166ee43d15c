"""Lazada Sponsored Solutions, the ads of Lazada's Open Platform."""
