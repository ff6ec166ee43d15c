with models as (
    select
        *,
        -- A changed item brings all its models again, stamped with its new time: an older stamp is a deleted model.
        item_updated_at = max(item_updated_at) over (partition by shop_id, item_id) as is_current
    from {{ ref('base_shopee__product_models') }}
)

select
    products.shop_id,
    products.item_id as product_id,
    coalesce(models.model_id, '0') as variant_id,
    coalesce(nullif(models.model_sku, ''), nullif(products.item_sku, '')) as sku,
    products.item_name as product_name,
    nullif(models.model_name, '') as variant_name,
    products.brand_name,
    products.category_id,
    products.item_status as platform_status,
    coalesce(products.item_status = 'NORMAL', false) and coalesce(models.is_current, true) as is_listed,
    coalesce(models.original_price, products.original_price) as original_price,
    coalesce(models.current_price, products.current_price) as current_price,
    case
        when coalesce(models.is_current, true) then coalesce(models.available_stock, products.available_stock)
        else 0
    end as available_stock,
    products.created_at,
    products.updated_at
from {{ ref('base_shopee__products') }} as products
left join models
    on
        products.has_model
        and products.shop_id = models.shop_id
        and products.item_id = models.item_id
