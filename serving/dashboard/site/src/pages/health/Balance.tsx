import { formatDay, formatValue, isoDay } from "../../format";
import { DataTable, type Column } from "../../parts/DataTable";
import type { LoadRow } from "./files";

const PARTS = [
  { label: "Lines", sign: "", of: (row: LoadRow) => row.line_count, meaning: "that landed" },
  { label: "Accepted", sign: "=", of: (row: LoadRow) => row.accepted_count, meaning: "became records" },
  { label: "Rejected", sign: "+", of: (row: LoadRow) => row.rejected_count, meaning: "kept in quarantine" },
  { label: "Blank", sign: "+", of: (row: LoadRow) => row.blank_count, meaning: "held nothing" },
  { label: "Erased", sign: "+", of: (row: LoadRow) => row.erased_count, meaning: "on somebody's request" },
];

const COLUMNS: Column<LoadRow>[] = [
  { label: "Source", value: (row) => row.source },
  { label: "Files", kind: "count", value: (row) => row.loaded_files },
  ...PARTS.map(({ label, of }) => ({ label, kind: "count" as const, value: of })),
  { label: "Replaced files", kind: "count", value: (row) => row.superseded_files },
  {
    label: "Last loaded",
    value: (row) => (row.last_loaded_on === null ? null : isoDay(row.last_loaded_on)),
    text: (row) => (row.last_loaded_on === null ? "–" : formatDay(row.last_loaded_on)),
  },
];

/** Every line is somewhere: lines = accepted + rejected + blank + erased. */
export function Balance({ loads }: { loads: readonly LoadRow[] }) {
  const sums = PARTS.map((part) => ({ ...part, count: loads.reduce((sum, row) => sum + part.of(row), 0) }));
  const [lines, ...rest] = sums;
  const missing = (lines?.count ?? 0) - rest.reduce((sum, part) => sum + part.count, 0);
  return (
    <>
      <div class="balance" role="group" aria-label="Lines by what became of them">
        {sums.map((part) => (
          <div key={part.label} class="balance-part">
            {part.sign && <span class="balance-sign">{part.sign}</span>}
            <div class="tile">
              <span class="tile-label">{part.label}</span>
              <span class="tile-value">{formatValue(part.count, "count")}</span>
              <span class="tile-note">{part.meaning}</span>
            </div>
          </div>
        ))}
      </div>
      <section class="card">
        <h2>Files as they were loaded</h2>
        {loads.length > 0 && (
          <p class={missing === 0 ? "balance-said" : "balance-said bad"}>
            {missing === 0 ? "The balance holds: every line is accounted for." : `${formatValue(Math.abs(missing), "count")} lines are not accounted for.`}
          </p>
        )}
        <DataTable caption="Lines by source" columns={COLUMNS} rows={loads} file="audience-loads" empty="No file was loaded yet." />
      </section>
    </>
  );
}
