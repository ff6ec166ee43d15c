with lines as (
    select
        *,
        cast(coalesce(quantity, 0) as bigint) as pieces,
        -- What the line came to after discounts, where the file says it.
        coalesce(unit_price, {{ divide('line_total', 'quantity', 2) }}) as price
    from {{ ref('base_web_shop__order_items') }}
)

select
    shop_id,
    order_id,
    row_number() over (partition by shop_id, order_id order by length(line_id), line_id) as line_number,
    product_id,
    coalesce(nullif(variant_id, '0'), '0') as variant_id,
    sku,
    product_name,
    variant_name,
    cast(null as string) as promotion_type,
    pieces as quantity,
    coalesce(price, 0) as unit_price,
    coalesce(line_total, price * pieces, 0) as list_value,
    coalesce(line_total, price * pieces) as line_value
from lines
