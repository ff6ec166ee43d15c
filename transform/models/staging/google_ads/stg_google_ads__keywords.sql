-- What a keyword came to on a day, beside its standing now.
select
    figures.account_id,
    figures.campaign_id,
    campaigns.campaign_name,
    figures.ad_group_id as adset_id,
    figures.keyword_id,
    figures.keyword,
    figures.match_type,
    keywords.status,
    figures.date,
    figures.currency,
    coalesce(figures.quality_score, keywords.quality_score) as quality_score,
    {{ divide('coalesce(figures.cost_micros, 0)', '1000000', 6) }} as spend,
    coalesce(figures.impressions, 0) as impressions,
    coalesce(figures.clicks, 0) as clicks,
    coalesce(figures.conversions, 0) as conversions,
    coalesce(figures.conversion_value, 0) as conversion_value
from {{ ref('base_google_ads__keyword_performance') }} as figures
left join {{ ref('base_google_ads__keywords') }} as keywords
    on
        figures.account_id = keywords.account_id
        and figures.ad_group_id = keywords.ad_group_id
        and figures.keyword_id = keywords.keyword_id
left join {{ ref('base_google_ads__campaigns') }} as campaigns
    on
        figures.account_id = campaigns.account_id
        and figures.campaign_id = campaigns.campaign_id
