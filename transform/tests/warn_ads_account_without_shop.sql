-- One row for each ad account whose spend no shop is charged with: name it in the seed ad_account_shops.
{{ config(severity='warn') }}
select
    platform,
    account_id,
    sum(spend_thb) as spend_thb
from {{ ref('stg_ads_performance') }}
where shop_platform = 'unmapped'
group by platform, account_id
