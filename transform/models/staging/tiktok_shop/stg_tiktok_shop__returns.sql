with settled as (
    select
        shop_id,
        order_id,
        max(case when customer_refund_amount <> 0 then 1 else 0 end) as shows_refund
    from {{ ref('base_tiktok_shop__statement_transactions') }}
    group by shop_id, order_id
)

select
    returns.shop_id,
    returns.return_id,
    returns.order_id,
    returns.return_status as platform_status,
    returns.reason,
    returns.currency,
    returns.created_at,
    returns.updated_at,
    coalesce(returns.refund_total, 0) as requested_amount,
    -- What the seller rejects may be decided for the buyer: only the settlement tells. It is spelled in two ways.
    case
        when returns.return_status = 'RETURN_OR_REFUND_REQUEST_COMPLETE' then true
        when returns.return_status in ('RETURN_OR_REFUND_REQUEST_REJECT', 'REFUND_OR_RETURN_REQUEST_REJECT')
            then coalesce(settled.shows_refund = 1, false)
        else false
    end as is_refunded
from {{ ref('base_tiktok_shop__returns') }} as returns
left join settled
    on returns.shop_id = settled.shop_id and returns.order_id = settled.order_id
