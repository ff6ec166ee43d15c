{{ config(
    partition_by=monthly_partition('date'),
    cluster_by=['platform', 'account_id', 'campaign_id'],
) }}

with keywords as (
    {{ union_platforms('keywords', [
        'account_id', 'campaign_id', 'campaign_name', 'adset_id', 'keyword_id', 'keyword', 'match_type', 'status',
        'date', 'currency', 'quality_score', 'spend', 'impressions', 'clicks', 'conversions', 'conversion_value',
    ], var('keyword_platforms')) }}
),

located as (
    select
        keywords.*,
        accounts.account_name,
        coalesce(keywords.currency, accounts.currency) as account_currency,
        coalesce(accounts.time_zone, '{{ var("default_time_zone") }}') as time_zone
    from keywords
    left join {{ ref('stg_ad_accounts') }} as accounts
        on keywords.platform = accounts.platform and keywords.account_id = accounts.account_id
)

select
    located.platform,
    located.account_id,
    located.account_name,
    located.campaign_id,
    located.campaign_name,
    located.adset_id,
    located.keyword_id,
    located.keyword,
    located.match_type,
    located.status,
    located.date,
    located.account_currency as currency,
    located.time_zone,
    located.quality_score,
    rates.rate_to_thb as exchange_rate,
    located.spend,
    {{ to_thb('located.spend', 'rates.rate_to_thb') }} as spend_thb,
    located.impressions,
    located.clicks,
    located.conversions,
    located.conversion_value,
    {{ to_thb('located.conversion_value', 'rates.rate_to_thb') }} as conversion_value_thb
from located
left join {{ ref('stg_exchange_rates') }} as rates
    on
        located.account_currency = rates.currency
        and located.date >= rates.valid_from
        and located.date < rates.valid_to
