select
    lines.shop_id,
    lines.order_sn as order_id,
    lines.line_number,
    lines.item_id as product_id,
    lines.model_id as variant_id,
    coalesce(nullif(lines.model_sku, ''), nullif(lines.item_sku, '')) as sku,
    lines.item_name as product_name,
    nullif(lines.model_name, '') as variant_name,
    lines.promotion_type,
    lines.quantity,
    lines.unit_price,
    lines.unit_price * lines.quantity as list_value,
    -- A settlement states the value of the whole line. Before it, a bundle's line says price 0, which is no price.
    coalesce(settled.settled_value, nullif(lines.unit_price, 0) * lines.quantity) as line_value
from {{ ref('stg_shopee__order_lines') }} as lines
left join {{ ref('stg_shopee__settled_lines') }} as settled
    on
        lines.shop_id = settled.shop_id
        and lines.order_sn = settled.order_sn
        and lines.item_id = settled.item_id
        and lines.model_id = settled.model_id
        and (
            (
                lines.line_item_id = settled.line_item_id
                and lines.occurrence_of_line_item = settled.occurrence_of_line_item
            )
            or (
                (lines.line_item_id is null or settled.line_item_id is null)
                and lines.occurrence_of_sku = settled.occurrence_of_sku
            )
        )
