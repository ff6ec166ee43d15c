with skus as (
    select
        products.*,
        {{ json_text('element', 'id') }} as sku_id,
        {{ json_text('element', 'seller_sku') }} as seller_sku,
        {{ json_decimal('element', 'price.sale_price') }} as sale_price,
        {{ json_part('element', 'inventory') }} as inventory
    from {{ ref('base_tiktok_shop__products') }} as products
    {{ cross_join_json('products.skus') }}
),

stocks as (
    select
        skus.shop_id,
        skus.product_id,
        skus.sku_id,
        sum({{ json_integer('element', 'quantity') }}) as pieces
    from skus
    {{ cross_join_json('skus.inventory') }}
    group by skus.shop_id, skus.product_id, skus.sku_id
)

select
    skus.shop_id,
    skus.product_id,
    coalesce(skus.sku_id, '0') as variant_id,
    nullif(skus.seller_sku, '') as sku,
    skus.title as product_name,
    cast(null as string) as variant_name,
    cast(null as string) as brand_name,
    cast(null as string) as category_id,
    skus.product_status as platform_status,
    coalesce(skus.product_status = 'ACTIVATE', false) as is_listed,
    skus.sale_price as original_price,
    skus.sale_price as current_price,
    cast(stocks.pieces as bigint) as available_stock,
    skus.created_at,
    skus.updated_at
from skus
left join stocks
    on
        skus.shop_id = stocks.shop_id
        and skus.product_id = stocks.product_id
        and skus.sku_id = stocks.sku_id
