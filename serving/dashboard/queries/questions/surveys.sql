-- One row per survey question (rule 46). Withheld where too few answered, or where one of the groups that make its score is too small.
with

judged as (

    select
        survey_result.*,
        is_small(answered_viewers) as is_withheld,
        is_small(rated_viewers)
        or is_small(promoters) or is_small(passives) or is_small(detractors)
        or is_small(satisfied) or is_small(rated_viewers - satisfied) as is_score_withheld
    from interactivity.survey_result

)

select
    workspace_id,
    video_id,
    question_id,
    coalesce(text, question_id) as text,
    scale,
    exposed_viewers,
    is_withheld,
    is_withheld or is_score_withheld as is_score_withheld,
    case when not is_withheld then answered_viewers end as answered_viewers,
    case when not is_withheld then response_rate end as response_rate,
    case when not is_withheld then rated_viewers end as rated_viewers,
    case when not is_withheld and not is_score_withheld then rating_mean end as rating_mean,
    case when not is_withheld and not is_score_withheld then promoters end as promoters,
    case when not is_withheld and not is_score_withheld then passives end as passives,
    case when not is_withheld and not is_score_withheld then detractors end as detractors,
    case when not is_withheld and not is_score_withheld then nps end as nps,
    case when not is_withheld and not is_score_withheld then csat end as csat,
    case when not is_withheld and not is_score_withheld then csat_low end as csat_low,
    case when not is_withheld and not is_score_withheld then csat_high end as csat_high
from judged
order by workspace_id, text, video_id, question_id;
