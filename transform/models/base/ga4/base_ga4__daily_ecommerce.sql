select
    property_id,
    cast(date as date) as date,
    session_default_channel_group as default_channel_group,
    cast(sessions as bigint) as sessions,
    cast(total_users as bigint) as users,
    cast(add_to_carts as bigint) as add_to_carts,
    cast(checkouts as bigint) as checkouts,
    cast(ecommerce_purchases as bigint) as purchases,
    {{ decimal('purchase_revenue') }} as revenue,
    currency_code as currency,
    time_zone,
    cast(data_loss_from_other_row as boolean) as data_loss_from_other_row,
    cast(subject_to_thresholding as boolean) as subject_to_thresholding,
    cast(samples_read_count as bigint) as samples_read_count,
    cast(sampling_space_size as bigint) as sampling_space_size,
    cast(_sdc_extracted_at as timestamp) as extracted_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_ga4', 'daily_ecommerce') }}
