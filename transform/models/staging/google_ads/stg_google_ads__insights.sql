-- The report of campaigns alone tells all of a day: Performance Max has neither ads nor ad groups.
select
    'campaign' as level,
    'campaign_performance' as stream,
    account_id,
    campaign_id as object_id,
    date,
    {{ divide('coalesce(cost_micros, 0)', '1000000', 6) }} as spend,
    coalesce(impressions, 0) as impressions,
    coalesce(clicks, 0) as clicks,
    coalesce(conversions, 0) as conversions,
    coalesce(conversion_value, 0) as conversion_value
from {{ ref('base_google_ads__campaign_performance') }}
