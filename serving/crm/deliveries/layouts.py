"""What is sent as which field: the default mapping of each destination, changed by ``fields`` in ``deliveries.yml``.

Names people keep by hand in a CRM are not overwritten by default: what the videos tell goes into fields of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from serving.crm.deliveries.config import (
    AnySettings,
    ConfigError,
    DltSettings,
    HubSpotSettings,
    SalesforceSettings,
    TrytonSettings,
    WebhookSettings,
)
from serving.crm.deliveries.destination import Kind, Layout

Layouts = Mapping[Kind, Layout]
EXTERNAL_ID = ["external_id"]

ACCOUNT_COLUMNS = (
    "workspace_id", "account_id", "name", "domain", "contact_count", "watching_contact_count", "engagement_score", "first_seen_at",
    "last_seen_at", "play_count", "watch_seconds", "completed_view_count", "conversion_count",
)  # fmt: skip
CONTACT_COLUMNS = (
    "workspace_id", "user_id", "email", "name", "account_external_id", "account_name", "engagement_score", "first_seen_at",
    "last_seen_at", "session_count", "play_count", "watch_seconds", "completed_view_count", "interaction_count",
    "outbound_click_count", "form_count", "conversion_count", "last_converted_at", "last_video_id", "last_video_title",
)  # fmt: skip
ENGAGEMENT_COLUMNS = (
    "workspace_id", "contact_external_id", "video_id", "video_title", "view_count", "play_count", "watch_seconds", "percent_watched",
    "completed_view_count", "first_viewed_at", "last_viewed_at", "interaction_count", "outbound_click_count", "form_count",
    "learner_status", "best_score",
)  # fmt: skip
ACTIVITY_COLUMNS = (
    "workspace_id", "contact_external_id", "activity_type", "occurred_at", "video_id", "video_title", "element_id", "element_name",
    "destination_url", "percent_watched", "goal", "value", "currency",
)  # fmt: skip


def under_their_names(columns: Sequence[str]) -> Layout:
    """Every column under its own name."""
    return {column: [column] for column in columns}


EVERYTHING: Layouts = {
    Kind.ACCOUNT: under_their_names(ACCOUNT_COLUMNS),
    Kind.CONTACT: under_their_names(CONTACT_COLUMNS),
    Kind.ENGAGEMENT: under_their_names(ENGAGEMENT_COLUMNS),
    Kind.ACTIVITY: under_their_names(ACTIVITY_COLUMNS),
}
HUBSPOT: Layouts = {
    Kind.ACCOUNT: {
        "name": ["name", "domain", "account_id"],
        "domain": ["domain"],
        "aia_engagement_score": ["engagement_score"],
        "aia_contact_count": ["contact_count"],
        "aia_watching_contact_count": ["watching_contact_count"],
        "aia_first_seen_at": ["first_seen_at"],
        "aia_last_seen_at": ["last_seen_at"],
        "aia_play_count": ["play_count"],
        "aia_conversion_count": ["conversion_count"],
    },
    Kind.CONTACT: {
        "email": ["email"],
        "aia_name": ["name"],
        "aia_account_name": ["account_name"],
        "aia_engagement_score": ["engagement_score"],
        "aia_first_seen_at": ["first_seen_at"],
        "aia_last_seen_at": ["last_seen_at"],
        "aia_play_count": ["play_count"],
        "aia_completed_view_count": ["completed_view_count"],
        "aia_interaction_count": ["interaction_count"],
        "aia_outbound_click_count": ["outbound_click_count"],
        "aia_form_count": ["form_count"],
        "aia_conversion_count": ["conversion_count"],
        "aia_last_converted_at": ["last_converted_at"],
        "aia_last_video": ["last_video_title", "last_video_id"],
    },
}
SALESFORCE: Layouts = {
    Kind.ACCOUNT: {
        # Salesforce creates no account without a name, and no contact without a last name.
        "Name": ["name", "domain", "account_id"],
        "Website": ["domain"],
        "AIA_Engagement_Score__c": ["engagement_score"],
        "AIA_Contact_Count__c": ["contact_count"],
        "AIA_Last_Seen_At__c": ["last_seen_at"],
        "AIA_Play_Count__c": ["play_count"],
        "AIA_Conversion_Count__c": ["conversion_count"],
    },
    Kind.CONTACT: {
        "LastName": ["name", "email"],
        "Email": ["email"],
        "AIA_Engagement_Score__c": ["engagement_score"],
        "AIA_First_Seen_At__c": ["first_seen_at"],
        "AIA_Last_Seen_At__c": ["last_seen_at"],
        "AIA_Play_Count__c": ["play_count"],
        "AIA_Completed_View_Count__c": ["completed_view_count"],
        "AIA_Interaction_Count__c": ["interaction_count"],
        "AIA_Outbound_Click_Count__c": ["outbound_click_count"],
        "AIA_Form_Count__c": ["form_count"],
        "AIA_Conversion_Count__c": ["conversion_count"],
        "AIA_Last_Converted_At__c": ["last_converted_at"],
        "AIA_Last_Video__c": ["last_video_title", "last_video_id"],
    },
}
TRYTON: Layouts = {
    Kind.ACCOUNT: {
        "name": ["name", "domain", "account_id"],
        "website": ["domain"],
        "other.engagement score": ["engagement_score"],
        "other.last seen": ["last_seen_at"],
    },
    Kind.CONTACT: {
        "name": ["name", "email"],
        "email": ["email"],
        "other.company": ["account_name"],
        "other.engagement score": ["engagement_score"],
        "other.last seen": ["last_seen_at"],
        "other.last video": ["last_video_title", "last_video_id"],
        "other.conversions": ["conversion_count"],
    },
}


def layouts_of(settings: AnySettings) -> dict[Kind, Layout]:
    """The fields of a destination by kind, as its settings change the default; accounts come first, since contacts refer to them.

    Raises:
        ConfigError: the settings name a kind of record that cannot go there, or take out a field that the destination knows records by.
    """
    layouts = settings.layouts(defaults_of(settings))
    identity, unique = identity_of(settings), unique_fields_of(settings)
    for kind, layout in layouts.items():
        if identity and layout.get(identity) != EXTERNAL_ID:
            raise ConfigError(
                f"fields.{kind}.{identity} of deliveries.yml: records are found again by it, so it holds external_id and nothing else. "
                "Take it out of `fields`."
            )
        if kind in unique and unique[kind] not in layout:
            raise ConfigError(
                f"fields.{kind}.{unique[kind]} of deliveries.yml cannot be null: {settings.type} knows {kind}s by it. Name the column that "
                "fills it, or take it out of `fields`."
            )
    return layouts


def defaults_of(settings: AnySettings) -> Layouts:
    """The fields of a destination by kind where its settings change nothing."""
    match settings:
        case HubSpotSettings():
            return {kind: {settings.external_id_property: EXTERNAL_ID, **layout} for kind, layout in HUBSPOT.items()}
        case SalesforceSettings():
            layouts = {kind: {settings.external_id_field: EXTERNAL_ID, **layout} for kind, layout in SALESFORCE.items()}
            if settings.contact_object == "Contact":
                layouts[Kind.CONTACT][f"Account.{settings.external_id_field}"] = ["account_external_id"]
            return layouts
        case TrytonSettings():
            return TRYTON
        case WebhookSettings() | DltSettings():
            return EVERYTHING


def identity_of(settings: AnySettings) -> str | None:
    """The field that holds the external id; None where that has a place of its own."""
    match settings:
        case HubSpotSettings():
            return settings.external_id_property
        case SalesforceSettings():
            return settings.external_id_field
        case _:
            return None


def unique_fields_of(settings: AnySettings) -> dict[Kind, str]:
    """By kind the field of a destination that two of its records cannot share, beside the external id."""
    return {Kind.CONTACT: "email"} if isinstance(settings, HubSpotSettings) else {}
