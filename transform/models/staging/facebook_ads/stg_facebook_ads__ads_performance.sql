select
    ads.account_id,
    ads.campaign_id,
    ads.campaign_name,
    ads.adset_id,
    ads.adset_name,
    ads.ad_id,
    ads.ad_name,
    'ad' as level,
    ads.ad_id as object_id,
    ads.date,
    ads.currency,
    ads.attribution_setting,
    figures.spend,
    figures.impressions,
    figures.clicks,
    coalesce(ads.link_clicks, 0) as link_clicks,
    {{ json_integer('ads.video_play_actions', '[0].value') }} as video_views,
    figures.conversions,
    figures.conversion_value
from {{ ref('base_facebook_ads__daily_ad') }} as ads
inner join {{ ref('stg_facebook_ads__insights') }} as figures
    on
        figures.level = 'ad'
        and ads.account_id = figures.account_id
        and ads.ad_id = figures.object_id
        and ads.date = figures.date
