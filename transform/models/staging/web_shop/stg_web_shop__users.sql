select
    user_id,
    created_at as registered_at
from {{ ref('base_web_shop__users') }}
