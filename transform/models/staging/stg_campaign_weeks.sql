-- Each campaign's last seven complete days together.
with ads as (
    select
        ads.*,
        {{ add_days(local_date(
            'coalesce(accounts.figures_complete_until, ' ~ utc_now() ~ ')', 'ads.time_zone'
        ), -1) }} as last_date
    from {{ ref('stg_ads_performance') }} as ads
    left join {{ ref('stg_ad_accounts') }} as accounts
        on ads.platform = accounts.platform and ads.account_id = accounts.account_id
),

weeks as (
    select
        platform,
        account_id,
        campaign_id,
        last_date,
        max(campaign_name) as campaign_name,
        sum(spend) as spend,
        {{ complete_sum('spend_thb') }} as spend_thb,
        sum(conversions) as conversions,
        sum(conversion_value) as conversion_value
    from ads
    where date <= last_date and {{ add_days('last_date', -7) }} < date
    group by platform, account_id, campaign_id, last_date
)

select
    weeks.platform,
    weeks.account_id,
    weeks.campaign_id,
    coalesce(campaigns.campaign_name, weeks.campaign_name) as campaign_name,
    weeks.last_date,
    weeks.spend,
    weeks.spend_thb,
    weeks.conversions,
    weeks.conversion_value,
    coalesce(campaigns.status in ('active', 'other'), true) as is_running
from weeks
left join {{ ref('stg_campaigns') }} as campaigns
    on
        weeks.platform = campaigns.platform
        and weeks.account_id = campaigns.account_id
        and weeks.campaign_id = campaigns.campaign_id
