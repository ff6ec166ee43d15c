"""Shopee Open Platform API v2. https://open.shopee.com/documents"""
