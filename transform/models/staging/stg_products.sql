-- Variants as their platforms have them, and which of our products each is: by the seed sku_mapping, else by the seller
-- SKU.
with products as (
    {{ union_platforms('products', [
        'shop_id', 'product_id', 'variant_id', 'sku', 'product_name', 'variant_name', 'brand_name', 'category_id',
        'platform_status', 'is_listed', 'original_price', 'current_price', 'available_stock', 'created_at',
        'updated_at',
    ]) }}
),

mapping as (
    select
        platform,
        our_sku,
        nullif(shop_id, '') as shop_id,
        nullif(sku, '') as sku,
        nullif(product_id, '') as product_id,
        nullif(variant_id, '') as variant_id
    from {{ ref('sku_mapping') }}
),

-- The seed's rows for each variant, the closest first: its own, its product's, its SKU's; a shop's before all shops'.
mapped as (
    select
        products.platform,
        products.shop_id,
        products.product_id,
        products.variant_id,
        mapping.our_sku,
        row_number() over (
            partition by products.platform, products.shop_id, products.product_id, products.variant_id
            order by
                case
                    when mapping.variant_id is not null then 1
                    when mapping.product_id is not null then 2
                    else 3
                end,
                case when mapping.shop_id is not null then 1 else 2 end,
                mapping.our_sku
        ) as place
    from products
    inner join mapping
        on
            products.platform = mapping.platform
            and products.shop_id = coalesce(mapping.shop_id, products.shop_id)
            and products.product_id = coalesce(mapping.product_id, products.product_id)
            and products.variant_id = coalesce(mapping.variant_id, products.variant_id)
            and coalesce(products.sku, '') = coalesce(mapping.sku, products.sku, '')
),

platforms as (
    select count(distinct platform) as in_use from products
),

-- Seller SKUs that are ours: the same on several platforms, or named so by the seed. With one platform there is nothing
-- to be the same as, and each is.
own_skus as (
    select products.sku
    from products
    cross join platforms
    where products.sku is not null
    group by products.sku, platforms.in_use
    having count(distinct products.platform) > 1 or platforms.in_use = 1
    union distinct
    select our_sku as sku from mapping
)

select
    products.platform,
    products.shop_id,
    products.product_id,
    products.variant_id,
    products.sku,
    coalesce(mapped.our_sku, own_skus.sku) as our_sku,
    case
        when mapped.our_sku is not null then 'sku_mapping'
        when own_skus.sku is not null then 'seller_sku'
        else 'none'
    end as matched_by,
    products.product_name,
    products.variant_name,
    products.brand_name,
    products.category_id,
    products.platform_status,
    products.is_listed,
    products.original_price,
    products.current_price,
    products.available_stock,
    products.created_at,
    products.updated_at
from products
left join mapped
    on
        products.platform = mapped.platform
        and products.shop_id = mapped.shop_id
        and products.product_id = mapped.product_id
        and products.variant_id = mapped.variant_id
        and mapped.place = 1
left join own_skus on products.sku = own_skus.sku
