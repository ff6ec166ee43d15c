{{ config(
    partition_by=monthly_partition('date'),
    cluster_by=['platform', 'shop_id', 'product_id'],
) }}

with sales as (
    select
        platform,
        shop_id,
        order_id,
        order_date,
        currency,
        exchange_rate
    from {{ ref('stg_orders') }}
    where is_sale and order_date is not null
),

sold as (
    select
        sales.platform,
        sales.shop_id,
        sales.order_date,
        items.product_id,
        items.variant_id,
        sales.order_id,
        sales.currency,
        items.sku,
        items.product_name,
        items.variant_name,
        items.quantity as units,
        case when items.line_value is null then items.quantity else 0 end as unpriced_units,
        coalesce(items.line_value, 0) as goods_value,
        {{ to_thb('coalesce(items.line_value, 0)', 'sales.exchange_rate') }} as goods_value_thb,
        0 as refunded_units,
        cast(0 as {{ decimal_type() }}) as refunds,
        cast(0 as {{ decimal_type() }}) as refunds_thb
    from sales
    inner join {{ ref('stg_order_items') }} as items
        on
            sales.platform = items.platform
            and sales.shop_id = items.shop_id
            and sales.order_id = items.order_id
),

refunded as (
    select
        sales.platform,
        sales.shop_id,
        sales.order_date,
        items.product_id,
        items.variant_id,
        cast(null as string) as order_id,
        sales.currency,
        cast(null as string) as sku,
        cast(null as string) as product_name,
        cast(null as string) as variant_name,
        0 as units,
        0 as unpriced_units,
        cast(0 as {{ decimal_type() }}) as goods_value,
        cast(0 as {{ decimal_type() }}) as goods_value_thb,
        items.refunded_units,
        items.refund_amount as refunds,
        {{ to_thb('items.refund_amount', 'sales.exchange_rate') }} as refunds_thb
    from sales
    inner join {{ ref('stg_return_items') }} as items
        on
            sales.platform = items.platform
            and sales.shop_id = items.shop_id
            and sales.order_id = items.order_id
    where items.is_refunded
),

events as (
    select * from sold
    union all
    select * from refunded
),

totals as (
    select
        order_date,
        platform,
        shop_id,
        product_id,
        variant_id,
        max(currency) as currency,
        max(sku) as sku,
        max(product_name) as product_name,
        max(variant_name) as variant_name,
        count(distinct order_id) as orders,
        sum(units) as units,
        sum(unpriced_units) as unpriced_units,
        sum(goods_value) as goods_value,
        {{ complete_sum('goods_value_thb') }} as goods_value_thb,
        sum(refunded_units) as refunded_units,
        sum(refunds) as refunds,
        {{ complete_sum('refunds_thb') }} as refunds_thb
    from events
    group by order_date, platform, shop_id, product_id, variant_id
)

select
    totals.order_date as date,
    totals.platform,
    totals.shop_id,
    shops.shop_name,
    totals.product_id,
    totals.variant_id,
    coalesce(products.sku, totals.sku) as sku,
    coalesce(products.product_name, totals.product_name) as product_name,
    coalesce(products.variant_name, totals.variant_name) as variant_name,
    totals.currency,
    {{ as_count('totals.orders') }} as orders,
    {{ as_count('totals.units') }} as units,
    {{ as_count('totals.unpriced_units') }} as unpriced_units,
    {{ as_money('totals.goods_value') }} as goods_value,
    {{ as_money('totals.goods_value_thb') }} as goods_value_thb,
    {{ as_count('totals.refunded_units') }} as refunded_units,
    {{ as_money('totals.refunds') }} as refunds,
    {{ as_money('totals.refunds_thb') }} as refunds_thb,
    {{ as_money('products.current_price') }} as current_price,
    {{ as_count('products.available_stock') }} as current_stock,
    products.is_listed
from totals
left join {{ ref('stg_shops') }} as shops
    on totals.platform = shops.platform and totals.shop_id = shops.shop_id
left join {{ ref('stg_products') }} as products
    on
        totals.platform = products.platform
        and totals.shop_id = products.shop_id
        and totals.product_id = products.product_id
        and totals.variant_id = products.variant_id
