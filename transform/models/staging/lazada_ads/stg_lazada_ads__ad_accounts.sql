-- The account is the seller, whom no call tells of: all rows say in which money and by whose days they count.
with found as (
    {% for table in ['campaigns', 'campaign_daily', 'adgroup_daily', 'keyword_daily'] -%}
    select
        account_id,
        currency,
        time_zone
    from {{ ref('base_lazada_ads__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)

select
    account_id,
    cast(null as string) as account_name,
    cast(null as string) as platform_status,
    max(currency) as currency,
    max(time_zone) as time_zone,
    cast(null as timestamp) as created_at
from found
group by account_id
