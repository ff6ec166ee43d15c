with currencies as (
    select
        shop_id,
        max(currency) as currency
    from {{ ref('stg_lazada__order_units') }}
    group by shop_id
)

select
    sellers.shop_id,
    sellers.shop_name,
    regions.region,
    sellers.status,
    cast(null as timestamp) as authorised_at,
    cast(null as timestamp) as authorisation_expires_at
from {{ ref('base_lazada__seller') }} as sellers
left join currencies on sellers.shop_id = currencies.shop_id
left join {{ ref('regions') }} as regions on currencies.currency = regions.currency
