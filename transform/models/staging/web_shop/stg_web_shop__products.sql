-- A line with a parent is a variant of it; a product that has variants is not sold by itself.
with lines as (
    select
        *,
        replace(parent_id, 'id:', '') as parent,
        lower(coalesce(status, 'publish')) as listing
    from {{ ref('base_web_shop__products') }}
),

parents as (
    select distinct
        shop_id,
        parent
    from lines
    where parent is not null
)

select
    lines.shop_id,
    coalesce(lines.parent, lines.product_id) as product_id,
    case when lines.parent is null then '0' else lines.product_id end as variant_id,
    lines.sku,
    lines.product_name,
    case when lines.parent is not null then lines.product_name end as variant_name,
    lines.brand as brand_name,
    lines.category as category_id,
    lines.status as platform_status,
    lines.listing in ('1', 'publish', 'published', 'active', 'yes', 'true') as is_listed,
    lines.regular_price as original_price,
    coalesce(lines.sale_price, lines.regular_price) as current_price,
    cast(lines.stock as bigint) as available_stock,
    lines.created_at,
    coalesce(lines.updated_at, lines.file_changed_at) as updated_at
from lines
left join parents on lines.shop_id = parents.shop_id and lines.product_id = parents.parent
where parents.parent is null
