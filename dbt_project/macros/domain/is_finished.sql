{# Whether a view has seen what its path had to show (rule 55): completed, or, where that is unknown, completed by its emitter's word. #}
{% macro is_finished(views) -%}
    coalesce({{ views }}.is_completed, {{ views }}.is_completed_by_event)
{%- endmacro %}
