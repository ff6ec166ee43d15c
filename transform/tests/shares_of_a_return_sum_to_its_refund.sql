with shares as (
    select
        platform,
        shop_id,
        return_id,
        sum(refund_amount) as refund_amount
    from {{ ref('stg_return_items') }}
    group by platform, shop_id, return_id
)

select
    returns.platform,
    returns.shop_id,
    returns.return_id
from {{ ref('stg_returns') }} as returns
inner join shares
    on
        returns.platform = shares.platform
        and returns.shop_id = shares.shop_id
        and returns.return_id = shares.return_id
where returns.refund_amount <> shares.refund_amount
