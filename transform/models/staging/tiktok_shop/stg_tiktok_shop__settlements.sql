select
    shop_id,
    order_id,
    min(statement_at) as settled_at,
    sum(settlement_amount) as payout,
    cast(null as {{ decimal_type() }}) as goods_paid
from {{ ref('base_tiktok_shop__statement_transactions') }}
where order_id is not null
group by shop_id, order_id
