{{ config(
    partition_by=monthly_partition('order_date'),
    cluster_by=['platform', 'shop_id', 'order_id'],
) }}

with orders as (
    {{ union_platforms('orders', [
        'shop_id', 'order_id', 'region', 'currency', 'platform_status', 'is_cod', 'ordered_at', 'updated_at',
        'paid_at', 'total_amount', 'payment_method', 'shipping_carrier', 'buyer_key', 'cancelled_by',
        'cancel_reason',
    ]) }}
),

lines as (
    select
        platform,
        shop_id,
        order_id,
        sum(quantity) as units,
        sum(list_value) as list_value
    from {{ ref('stg_order_items') }}
    group by platform, shop_id, order_id
),

refunds as (
    select
        platform,
        shop_id,
        order_id,
        sum(refund_amount) as refund_amount
    from {{ ref('stg_returns') }}
    group by platform, shop_id, order_id
),

facts as (
    select
        orders.*,
        shops.region as shop_region,
        shops.currency as shop_currency,
        mapping.status as mapped_status,
        settlements.settled_at,
        settlements.payout,
        settlements.order_id is not null as has_settlement,
        coalesce(lines.units, 0) as units,
        coalesce(refunds.refund_amount, 0) as refund_amount,
        coalesce(settlements.fees, 0) as fees,
        coalesce(settlements.goods_paid, lines.list_value, 0) as goods_paid
    from orders
    left join {{ ref('stg_shops') }} as shops
        on orders.platform = shops.platform and orders.shop_id = shops.shop_id
    left join {{ ref('order_status_mapping') }} as mapping
        on orders.platform = mapping.platform and orders.platform_status = mapping.platform_status
    left join {{ ref('stg_settlements') }} as settlements
        on
            orders.platform = settlements.platform
            and orders.shop_id = settlements.shop_id
            and orders.order_id = settlements.order_id
    left join lines
        on
            orders.platform = lines.platform
            and orders.shop_id = lines.shop_id
            and orders.order_id = lines.order_id
    left join refunds
        on
            orders.platform = refunds.platform
            and orders.shop_id = refunds.shop_id
            and orders.order_id = refunds.order_id
),

ruled as (
    select
        facts.*,
        regions.time_zone,
        coalesce(facts.currency, facts.shop_currency, regions.currency) as order_currency,
        {{ local_date('facts.ordered_at', "coalesce(regions.time_zone, '" ~ var('default_time_zone') ~ "')") }}
            as order_date,
        facts.mapped_status is null as is_unknown_status,
        case
            when
                facts.mapped_status = 'completed'
                and facts.refund_amount > 0
                and facts.refund_amount >= facts.goods_paid
                then 'refunded'
            else coalesce(facts.mapped_status, 'pending')
        end as status,
        -- A sale is an order that stands and is paid, or will be paid at the door.
        coalesce(facts.mapped_status, 'pending') <> 'cancelled'
        and (facts.paid_at is not null or facts.is_cod) as is_sale
    from facts
    left join {{ ref('regions') }} as regions on coalesce(facts.shop_region, facts.region) = regions.region
),

measured as (
    select
        ruled.*,
        rates.rate_to_thb,
        ruled.is_sale and ruled.has_settlement as is_settled,
        case when ruled.is_sale then coalesce(ruled.total_amount, 0) else 0 end as revenue,
        case when ruled.is_sale then ruled.refund_amount else 0 end as sale_refunds,
        case when ruled.is_sale then ruled.fees else 0 end as sale_fees,
        case when ruled.is_sale and ruled.has_settlement then coalesce(ruled.payout, 0) else 0 end as sale_payout
    from ruled
    left join {{ ref('stg_exchange_rates') }} as rates
        on
            ruled.order_currency = rates.currency
            and ruled.order_date >= rates.valid_from
            and ruled.order_date < rates.valid_to
)

select
    platform,
    shop_id,
    order_id,
    order_date,
    ordered_at,
    updated_at,
    paid_at,
    settled_at,
    status,
    platform_status,
    is_unknown_status,
    is_sale,
    is_settled,
    is_cod,
    order_currency as currency,
    rate_to_thb as exchange_rate,
    units,
    total_amount,
    goods_paid,
    refund_amount,
    revenue,
    sale_refunds as refunds,
    sale_fees as fees,
    sale_payout as payout,
    revenue - sale_refunds - sale_fees as net_revenue,
    {{ to_thb('revenue', 'rate_to_thb') }} as revenue_thb,
    {{ to_thb('sale_refunds', 'rate_to_thb') }} as refunds_thb,
    {{ to_thb('sale_fees', 'rate_to_thb') }} as fees_thb,
    {{ to_thb('sale_payout', 'rate_to_thb') }} as payout_thb,
    payment_method,
    shipping_carrier,
    buyer_key,
    cancelled_by,
    cancel_reason
from measured
