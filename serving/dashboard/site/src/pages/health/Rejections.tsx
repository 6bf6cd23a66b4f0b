import { grouped } from "../../data/group";
import { formatDay, isoDay, wordsOf } from "../../format";
import { DataTable, type Column } from "../../parts/DataTable";
import type { RejectionRow } from "./files";
import { remedyOf } from "./remedies";

const BY: Record<string, string> = { ingestion: "when read", models: "when made an event" };

interface ReasonRow {
  reason: string;
  rejected_by: string;
  count: number;
  undated: number;
}

const REASONS: Column<ReasonRow>[] = [
  { label: "Reason", value: (row) => wordsOf(row.reason), csv: (row) => row.reason },
  { label: "Records", kind: "count", value: (row) => row.count },
  { label: "Rejected", value: (row) => BY[row.rejected_by] ?? row.rejected_by },
  { label: "What to do", isProse: true, value: (row) => remedyOf(row.reason) },
  { label: "Without a day", kind: "count", value: (row) => row.undated },
];

const BY_DAY: Column<RejectionRow>[] = [
  {
    label: "Day",
    value: (row) => (row.event_date === null ? null : isoDay(row.event_date)),
    text: (row) => (row.event_date === null ? "unreadable" : formatDay(row.event_date)),
  },
  { label: "Source", value: (row) => row.source },
  { label: "Reason", value: (row) => wordsOf(row.reason), csv: (row) => row.reason },
  { label: "Records", kind: "count", value: (row) => row.rejected_count },
];

/** Why records were rejected and what to do; neither their text nor their file, which may name a person. */
export function Rejections({ rejections }: { rejections: readonly RejectionRow[] }) {
  const groups = grouped(rejections, (row) => `${row.rejected_by} ${row.reason}`);
  const reasons: ReasonRow[] = [...groups.values()].map((rows) => ({
    reason: rows[0]!.reason,
    rejected_by: rows[0]!.rejected_by,
    count: rows.reduce((sum, row) => sum + row.rejected_count, 0),
    undated: rows.filter((row) => row.event_date === null).reduce((sum, row) => sum + row.rejected_count, 0),
  }));
  return (
    <>
      <section class="card">
        <h2>Rejected records</h2>
        <DataTable caption="Rejected records by reason" columns={REASONS} rows={reasons} sortedBy="Records" file="audience-rejected" empty="Nothing was rejected." />
      </section>
      {rejections.some(({ event_date }) => event_date !== null) && (
        <details class="card">
          <summary>
            <h2>Rejected by day</h2>
          </summary>
          <DataTable caption="Rejected records by day" columns={BY_DAY} rows={rejections} file="audience-rejected-by-day" />
        </details>
      )}
    </>
  );
}
