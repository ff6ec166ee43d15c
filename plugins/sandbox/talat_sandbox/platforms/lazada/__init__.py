"""Lazada Open Platform. https://open.lazada.com/apps/doc/api"""
