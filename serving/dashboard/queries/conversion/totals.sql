-- One row per currency and attribution model: all conversions, and those that no view led to.
-- Withheld where either part is of too few viewers.
with

parts as (

    select
        workspace_id,
        currency,
        attribution_model,
        count(distinct conversion_id) as conversions,
        count(distinct viewer_id) as viewers,
        count(distinct viewer_id) filter (where is_attributed) as attributed_viewers,
        count(distinct viewer_id) filter (where not is_attributed) as other_viewers,
        count(distinct conversion_id) filter (where not is_attributed) as unattributed_conversions,
        coalesce(sum(credit) filter (where is_attributed), 0) as attributed_revenue,
        coalesce(sum(credit) filter (where not is_attributed), 0) as unattributed_revenue
    from conversion.attribution
    group by workspace_id, currency, attribution_model

),

judged as (

    select
        *,
        is_small(viewers) or is_small(attributed_viewers) or is_small(other_viewers) as is_withheld
    from parts

)

select
    workspace_id,
    currency,
    attribution_model,
    is_withheld,
    case when not is_withheld then conversions end as conversions,
    case when not is_withheld then unattributed_conversions end as unattributed_conversions,
    case when not is_withheld then attributed_revenue end as attributed_revenue,
    case when not is_withheld then unattributed_revenue end as unattributed_revenue
from judged
order by workspace_id, currency nulls last, attribution_model;
