{# xAPI's a[.]b[,]c[.]d as the JSON text [[a,b],[c,d]]; a last range still open becomes [c] and counts for nothing. Null where it is anything else. #}
{% macro played_ranges_of(segments) -%}
    {{ return(adapter.dispatch('played_ranges_of')(segments)) }}
{%- endmacro %}

{% macro default__played_ranges_of(segments) -%}
    {{ exceptions.raise_compiler_error('played_ranges_of is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__played_ranges_of(segments) -%}
    case
        when regexp_full_match({{ segments }}, '[0-9.eE+-]+(\[\.\][0-9.eE+-]+)?(\[,\][0-9.eE+-]+(\[\.\][0-9.eE+-]+)?)*')
            then '[[' || replace(replace({{ segments }}, '[,]', '],['), '[.]', ',') || ']]'
    end
{%- endmacro %}

{% macro spark__played_ranges_of(segments) -%}
    case
        when {{ segments }} rlike '^[0-9.eE+-]+(\\[[.]\\][0-9.eE+-]+)?(\\[,\\][0-9.eE+-]+(\\[[.]\\][0-9.eE+-]+)?)*\\z'
            then '[[' || replace(replace({{ segments }}, '[,]', '],['), '[.]', ',') || ']]'
    end
{%- endmacro %}
