with variants as (
    select
        products.*,
        {{ json_text('element', 'id') }} as variant_id,
        {{ json_text('element', 'sku') }} as variant_sku,
        {{ json_text('element', 'options[0].value') }} as variant_name,
        {{ json_decimal('element', 'price') }} as price,
        {{ json_decimal('element', 'discountedPrice') }} as discounted_price,
        {{ json_integer('element', 'availableNumber') }} as available_number
    from {{ ref('base_line_shop__products') }} as products
    {{ cross_join_json('products.variants') }}
)

select
    shop_id,
    product_id,
    coalesce(variant_id, '0') as variant_id,
    coalesce(nullif(variant_sku, ''), nullif(product_code, '')) as sku,
    product_name,
    nullif(variant_name, '') as variant_name,
    brand_name,
    category_id,
    case when is_displayed then 'DISPLAYED' else 'HIDDEN' end as platform_status,
    coalesce(is_displayed, false) as is_listed,
    price as original_price,
    coalesce(discounted_price, price) as current_price,
    available_number as available_stock,
    cast(null as timestamp) as created_at,
    loaded_at as updated_at
from variants
