"""Enriched events of Snowplow, one a line, kept whole with the times that file them: 131 columns between tabs, or a JSON object.

Columns between tabs become an object of those that hold anything, under their names; JSON in them is kept as JSON. The times of
that format have no zone: they are UTC, and are written with their Z.
"""

from __future__ import annotations

from ingestion.sources.base import Field, People, Source

NAMES = """
    app_id platform etl_tstamp collector_tstamp dvce_created_tstamp event event_id txn_id name_tracker v_tracker v_collector v_etl
    user_id user_ipaddress user_fingerprint domain_userid domain_sessionidx network_userid
    geo_country geo_region geo_city geo_zipcode geo_latitude geo_longitude geo_region_name ip_isp ip_organization ip_domain ip_netspeed
    page_url page_title page_referrer page_urlscheme page_urlhost page_urlport page_urlpath page_urlquery page_urlfragment
    refr_urlscheme refr_urlhost refr_urlport refr_urlpath refr_urlquery refr_urlfragment refr_medium refr_source refr_term
    mkt_medium mkt_source mkt_term mkt_content mkt_campaign contexts
    se_category se_action se_label se_property se_value unstruct_event
    tr_orderid tr_affiliation tr_total tr_tax tr_shipping tr_city tr_state tr_country
    ti_orderid ti_sku ti_name ti_category ti_price ti_quantity pp_xoffset_min pp_xoffset_max pp_yoffset_min pp_yoffset_max
    useragent br_name br_family br_version br_type br_renderengine br_lang br_features_pdf br_features_flash br_features_java
    br_features_director br_features_quicktime br_features_realplayer br_features_windowsmedia br_features_gears br_features_silverlight
    br_cookies br_colordepth br_viewwidth br_viewheight os_name os_family os_manufacturer os_timezone
    dvce_type dvce_ismobile dvce_screenwidth dvce_screenheight doc_charset doc_width doc_height
    tr_currency tr_total_base tr_tax_base tr_shipping_base ti_currency ti_price_base base_currency geo_timezone
    mkt_clickid mkt_network etl_tags dvce_sent_tstamp refr_domain_userid refr_dvce_tstamp derived_contexts domain_sessionid
    derived_tstamp event_vendor event_name event_format event_version event_fingerprint true_tstamp
"""
COLUMNS = tuple(NAMES.split())
JSON_COLUMNS = ("contexts", "unstruct_event", "derived_contexts")


def _kind(name: str) -> str:
    return "json" if name in JSON_COLUMNS else "time" if name.endswith("_tstamp") else "text"


def _quoted(text: str) -> str:
    return f"'{text}'"


# A key of the object for each column, and what its cells hold.
KEYS = "[" + ", ".join(_quoted(f'"{name}":') for name in COLUMNS) + "]"
KINDS = f"[{', '.join(_quoted(_kind(name)) for name in COLUMNS)}]"

# One split, and one expression for all cells: one for each of them takes twice as long. No CASE chooses between them and a line that
# is JSON already: under one DuckDB repeats the lists of keys for every row (2026-11-22, 84 MB: 0.8 s of processor time; one expression
# a column 1.5 s, in a CASE 1.3 s).
CELLS = "string_split(case when not starts_with(line, '{') then line end, chr(9))"
TIME = "replace(replace(cell[3], chr(10), ''), chr(13), '')"
VALUE = f"""case cell[2]
    when 'text' then to_json(cell[3])::varchar
    when 'time' then to_json(case when cell[3][11] = ' ' then {TIME} || 'Z' else {TIME} end)::varchar
    else case when json_valid(cell[3]) then cell[3] else to_json(cell[3])::varchar end
end"""
# The last cell holds the line's end.
FILLED = f"list_filter(list_zip({KEYS}, {KINDS}, {CELLS}), lambda cell: cell[3] not in ('', chr(10), chr(13) || chr(10)))"
OBJECT = f"""'{{' || array_to_string(list_transform({FILLED}, lambda cell: cell[1] || {VALUE}), ',') || '}}'"""
AS_OBJECT = f"coalesce({OBJECT} || case when len({CELLS}) = {len(COLUMNS)} then '' end, line)"

USERS = ("user_id",)
DEVICES = ("domain_userid", "network_userid", "user_fingerprint")


def _named(keys: tuple[str, ...]) -> str:
    return ", ".join(f"json_extract_string(record, '$.{key}')" for key in keys)


def _in_entities(key: str, entity: str) -> str:
    """List of the values of `key` in the entities, in either form of JSON."""
    return f"""json_extract_string(record, '$.contexts.data[*].data.{key}')
        || json_extract_string(record, '$.contexts_com_snowplowanalytics_snowplow_{entity}_1[*].{key}')"""


CLIENTS = _in_entities("userId", "client_session")
PLAYBACKS = f"{_in_entities('mediaSessionId', 'media_session')} || {_in_entities('id', 'web_page')}"
# Shorter ones would be other things as well, a price or a version, wherever they stand.
LONG_IDS = f"list_filter(list_distinct({CLIENTS} || {PLAYBACKS}), lambda id: length(id) >= 6)"
RENAMED = "lambda said, id: replace(said, to_json(id)::varchar, to_json(pseudonym_of(trim(id)))::varchar)"

PEOPLE = People(
    users=f"[{_named(USERS)}]",
    columns=("record",),
    devices=f"[{_named(DEVICES)}] || {CLIENTS}",
    playbacks=PLAYBACKS,
    words="strings_in(record) || words_in(record)",
    addressed="record",
    pseudonymised=(
        (
            "record",
            f"""json_merge_patch(
            list_reduce({LONG_IDS}, {RENAMED}, record),
            json_object({", ".join(f"'{key}', pseudonym_of(trim({_named((key,))}))" for key in (*USERS, *DEVICES))}, 'user_ipaddress', null)
        )""",
        ),
    ),
)

SOURCE = Source(
    name="snowplow",
    shape_version=1,
    fields=(
        Field("occurred_at", "time", key="dvce_created_tstamp"),
        Field("sent_at", "time", key="dvce_sent_tstamp"),
        Field("received_at", "time", key="collector_tstamp"),
    ),
    people=PEOPLE,
    raw_column="record",
    event_name="coalesce(json_extract_string(properties, '$.event_name'), json_extract_string(properties, '$.event'))",
    line_sql=AS_OBJECT,
    line_form=f"Send an enriched event a line, as its {len(COLUMNS)} columns with tabs between them or as one complete JSON object.",
)
