/** What to do about records that were rejected, by reason; the same as the records' own detail says, without what they hold. */
const REMEDIES: Record<string, string> = {
  not_json: "Send one complete JSON object a line.",
  not_an_object: "Send one JSON object a line, no bare text, number or list.",
  duplicate_keys: "A key is given more than once: send each key once.",
  no_usable_time: "Send occurred_at or received_at as ISO 8601 in UTC, or as epoch seconds or milliseconds.",
  invalid_utf8: "Write the file as UTF-8.",
  line_too_long: "Split the record into lines below the limit, and land it again.",
  csv_row_shape: "Give every row as many fields as the header, and quote those that hold commas or line breaks.",
  undecodable_tail: "The file ends in the middle of a record or of its compression: land it whole.",
  unreadable_file: "The file cannot be read as what its name says: land it again, or rename it.",
  array_too_large: "Send one JSON object a line instead of one large array.",
  missing_event_type: "Let the emitter name what happened in event_type.",
  missing_viewer: "Let the emitter send at least one of device_id, user_id and playback_id.",
  identifier_too_long: "Send shorter ids, campaigns, device types and countries.",
  archive_too_large: "Land the Parquet file as it is, without an archive around it.",
  implausible_time: "The clock is impossible and no receive time can replace it: repair occurred_at.",
};

export const remedyOf = (reason: string): string => REMEDIES[reason] ?? "See detail in quality.rejected_event for what to do.";
