-- Units of the same variant and price are one line; it stands where the first of them does.
with lines as (
    select
        shop_id,
        order_id,
        product_id,
        variant_id,
        unit_price,
        min(unit_number) as first_unit,
        max(sku) as sku,
        max(product_name) as product_name,
        max(variant_name) as variant_name,
        count(*) as quantity
    from {{ ref('stg_lazada__order_units') }}
    where is_counted
    group by shop_id, order_id, product_id, variant_id, unit_price
)

select
    shop_id,
    order_id,
    row_number() over (partition by shop_id, order_id order by first_unit) as line_number,
    product_id,
    variant_id,
    sku,
    product_name,
    variant_name,
    cast(null as string) as promotion_type,
    quantity,
    unit_price,
    coalesce(unit_price * quantity, 0) as list_value,
    unit_price * quantity as line_value
from lines
