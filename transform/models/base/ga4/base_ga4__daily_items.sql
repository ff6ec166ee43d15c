select
    property_id,
    cast(date as date) as date,
    item_id,
    item_name,
    cast(items_viewed as bigint) as items_viewed,
    cast(items_added_to_cart as bigint) as items_added_to_cart,
    cast(items_purchased as bigint) as items_purchased,
    {{ decimal('item_revenue') }} as item_revenue,
    currency_code as currency,
    time_zone,
    cast(data_loss_from_other_row as boolean) as data_loss_from_other_row,
    cast(subject_to_thresholding as boolean) as subject_to_thresholding,
    cast(samples_read_count as bigint) as samples_read_count,
    cast(sampling_space_size as bigint) as sampling_space_size,
    cast(_sdc_extracted_at as timestamp) as extracted_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_ga4', 'daily_items') }}
