{{ union_platforms('products', [
    'shop_id', 'product_id', 'variant_id', 'sku', 'product_name', 'variant_name', 'brand_name', 'category_id',
    'platform_status', 'is_listed', 'original_price', 'current_price', 'available_stock', 'created_at', 'updated_at',
]) }}
