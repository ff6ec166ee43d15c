with units as (
    select
        returns.shop_id,
        returns.return_id,
        returns.order_id,
        element_index + 1 as line_number,
        {{ json_text('element', 'order_line_item_id') }} as unit_id,
        {{ json_text('element', 'sku_id') }} as sku_id,
        {{ json_decimal('element', 'refund_amount.refund_total') }} as refund_total
    from {{ ref('base_tiktok_shop__returns') }} as returns
    {{ cross_join_json('returns.return_line_items') }}
)

select
    units.shop_id,
    units.return_id,
    units.order_id,
    units.line_number,
    sold.product_id,
    coalesce(units.sku_id, '0') as variant_id,
    1 as quantity,
    coalesce(units.refund_total, 0) as list_value
from units
left join {{ ref('stg_tiktok_shop__order_units') }} as sold
    on
        units.shop_id = sold.shop_id
        and units.order_id = sold.order_id
        and units.unit_id = sold.unit_id
