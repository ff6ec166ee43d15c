"""Shopee Ads, the ads module of Shopee's Open Platform."""
