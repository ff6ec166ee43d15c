with skus as (
    select
        products.*,
        {{ json_text('element', 'SkuId') }} as sku_id,
        {{ json_text('element', 'SellerSku') }} as seller_sku,
        {{ json_text('element', 'Status') }} as sku_status,
        coalesce(
            {{ json_text('element', 'saleProp.color_family') }}, {{ json_text('element', 'saleProp.size') }}
        ) as variant_name,
        {{ json_decimal('element', 'price') }} as price,
        nullif({{ json_decimal('element', 'special_price') }}, 0) as special_price,
        substr({{ json_text('element', 'special_from_time') }}, 1, 10) as special_from,
        substr({{ json_text('element', 'special_to_time') }}, 1, 10) as special_to,
        {{ json_integer('element', 'Available') }} as available,
        cast({{ local_date('products.loaded_at', "'" ~ var('default_time_zone') ~ "'") }} as string) as read_on
    from {{ ref('base_lazada__products') }} as products
    {{ cross_join_json('products.skus') }}
)

select
    shop_id,
    product_id,
    coalesce(sku_id, '0') as variant_id,
    nullif(seller_sku, '') as sku,
    product_name,
    variant_name,
    brand_name,
    category_id,
    product_status as platform_status,
    coalesce(product_status = 'Active' and lower(sku_status) = 'active', false) as is_listed,
    price as original_price,
    case
        when
            special_price is not null
            and coalesce(special_from, read_on) <= read_on
            and coalesce(special_to, read_on) >= read_on
            then special_price
        else price
    end as current_price,
    available as available_stock,
    created_at,
    updated_at
from skus
