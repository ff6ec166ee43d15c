select
    returns.shop_id,
    returns.return_sn as return_id,
    returns.order_sn as order_id,
    returns.status as platform_status,
    returns.reason,
    returns.currency,
    returns.created_at,
    returns.updated_at,
    coalesce(returns.refund_amount, 0) as requested_amount,
    -- CLOSED means either an end without money or one with it: only the settlement tells.
    case
        when returns.status in ('REFUND_PAID', 'COMPLETED') then true
        when returns.status = 'CLOSED'
            then coalesce(escrow.seller_return_refund, 0) <> 0 or coalesce(escrow.drc_adjustable_refund, 0) <> 0
        else false
    end as is_refunded
from {{ ref('base_shopee__returns') }} as returns
left join {{ ref('base_shopee__escrow') }} as escrow
    on
        returns.shop_id = escrow.shop_id
        and returns.order_sn = escrow.order_sn
