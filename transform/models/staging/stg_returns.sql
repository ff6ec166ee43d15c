with returns as (
    {{ union_platforms('returns', [
        'shop_id', 'return_id', 'order_id', 'platform_status', 'reason', 'currency', 'created_at', 'updated_at',
        'requested_amount', 'is_refunded',
    ]) }}
)

select
    *,
    case when is_refunded then requested_amount else 0 end as refund_amount
from returns
