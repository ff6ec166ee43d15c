with ranked as (
    select
        *,
        case
            when status is null then 1
            when status = 'pending' then 2
            when status = 'completed' then 3
            else 4
        end as progress
    from {{ ref('stg_lazada__order_units') }}
),

compared as (
    select
        *,
        min(progress) over (partition by shop_id, order_id) as order_progress
    from ranked
),

units as (
    select
        shop_id,
        order_id,
        min(case when progress = order_progress then unit_status end) as order_status,
        max(currency) as currency,
        min(paid_at) as paid_at,
        sum(case when is_counted then 0 else buyer_pays end) as cancelled_amount,
        max(shipment_provider) as shipment_provider,
        max(buyer_id) as buyer_id,
        max(case when order_progress = 4 then cancelled_by end) as cancelled_by,
        max(case when order_progress = 4 then cancel_reason end) as cancel_reason
    from compared
    group by shop_id, order_id
)

select
    orders.shop_id,
    orders.order_id,
    regions.region,
    units.currency,
    units.order_status as platform_status,
    coalesce(orders.payment_method = 'COD', false) as is_cod,
    orders.created_at as ordered_at,
    orders.updated_at,
    units.paid_at,
    orders.price - coalesce(orders.voucher, 0) + coalesce(orders.shipping_fee, 0)
    - coalesce(units.cancelled_amount, 0) as total_amount,
    orders.payment_method,
    units.shipment_provider as shipping_carrier,
    units.buyer_id as buyer_key,
    units.cancelled_by,
    units.cancel_reason
from {{ ref('base_lazada__orders') }} as orders
left join units
    on orders.shop_id = units.shop_id and orders.order_id = units.order_id
left join {{ ref('regions') }} as regions on units.currency = regions.currency
