select
    shop_id,
    order_sn as order_id,
    released_at as settled_at,
    escrow_amount_after_adjustment as payout,
    cost_of_goods_sold as goods_paid
from {{ ref('base_shopee__escrow') }}
