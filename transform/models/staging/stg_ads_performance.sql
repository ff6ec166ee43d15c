{{ config(
    partition_by=monthly_partition('date'),
    cluster_by=['platform', 'account_id', 'campaign_id'],
) }}

with ads as (
    {{ union_platforms('ads_performance', [
        'account_id', 'campaign_id', 'campaign_name', 'adset_id', 'adset_name', 'ad_id', 'ad_name', 'level',
        'object_id', 'date', 'currency', 'attribution_setting', 'spend', 'impressions', 'clicks', 'link_clicks', 'video_views', 'conversions',
        'conversion_value',
    ], var('ads_platforms')) }}
),

located as (
    select
        ads.*,
        accounts.account_name,
        coalesce(ads.currency, accounts.currency) as account_currency,
        coalesce(accounts.time_zone, '{{ var("default_time_zone") }}') as time_zone,
        coalesce(of_campaigns.platform, of_accounts.platform, 'unmapped') as shop_platform,
        coalesce(of_campaigns.shop_id, of_accounts.shop_id, 'unmapped') as shop_id
    from ads
    left join {{ ref('stg_ad_accounts') }} as accounts
        on ads.platform = accounts.platform and ads.account_id = accounts.account_id
    left join {{ ref('ad_account_shops') }} as of_campaigns
        on
            ads.platform = of_campaigns.ads_platform
            and ads.account_id = of_campaigns.account_id
            and ads.campaign_id = of_campaigns.campaign_id
    left join {{ ref('ad_account_shops') }} as of_accounts
        on
            ads.platform = of_accounts.ads_platform
            and ads.account_id = of_accounts.account_id
            and coalesce(of_accounts.campaign_id, '') = ''
)

select
    located.platform,
    located.account_id,
    located.account_name,
    located.campaign_id,
    located.campaign_name,
    located.adset_id,
    located.adset_name,
    located.ad_id,
    located.ad_name,
    located.level,
    located.object_id,
    located.date,
    located.account_currency as currency,
    located.time_zone,
    located.attribution_setting,
    located.shop_platform,
    located.shop_id,
    rates.rate_to_thb as exchange_rate,
    located.spend,
    {{ to_thb('located.spend', 'rates.rate_to_thb') }} as spend_thb,
    located.impressions,
    located.clicks,
    located.link_clicks,
    located.video_views,
    located.conversions,
    located.conversion_value,
    {{ to_thb('located.conversion_value', 'rates.rate_to_thb') }} as conversion_value_thb,
    final_days.date is not null as is_final
from located
left join {{ ref('stg_exchange_rates') }} as rates
    on
        located.account_currency = rates.currency
        and located.date >= rates.valid_from
        and located.date < rates.valid_to
left join {{ ref('stg_ads_final_account_days') }} as final_days
    on
        located.platform = final_days.platform
        and located.account_id = final_days.account_id
        and located.date = final_days.date
