select
    shop_id,
    order_id,
    cast(min(booked_on) as timestamp) as settled_at,
    sum(amount) as payout,
    cast(null as {{ decimal_type() }}) as goods_paid
from {{ ref('base_lazada__transactions') }}
where order_id is not null
group by shop_id, order_id
-- Shipping and vouchers may be booked earlier: an order is settled once its goods are credited.
having count(case when fee_type = '13' then 1 end) > 0
