with fees as (
    select
        bookings.shop_id,
        bookings.order_id,
        coalesce(mapping.fee_type, 'other') as fee_type,
        bookings.amount
    from {{ ref('base_lazada__transactions') }} as bookings
    left join {{ ref('fee_type_mapping') }} as mapping
        on mapping.platform = 'lazada' and bookings.fee_type = mapping.platform_fee_type
    where
        bookings.order_id is not null
        and (mapping.fee_type is not null or bookings.transaction_type like '%Lazada Fees')
)

select
    shop_id,
    order_id,
    fee_type,
    -sum(amount) as fee_amount
from fees
group by shop_id, order_id, fee_type
