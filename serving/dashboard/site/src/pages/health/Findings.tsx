import type { Catalog } from "../../data/types";
import { wordsOf } from "../../format";
import { DataTable, type Column } from "../../parts/DataTable";
import { titleOf } from "../../parts/VideoField";
import type { FindingRow } from "./files";

/** What is wrong with the catalog, and what helps. */
export function Findings({ findings, catalog, workspace }: { findings: readonly FindingRow[]; catalog: Catalog; workspace: string }) {
  const columns: Column<FindingRow>[] = [
    { label: "Finding", value: (row) => wordsOf(row.finding), csv: (row) => row.finding },
    { label: "Severity", value: (row) => row.severity },
    { label: "In", value: (row) => row.entity },
    { label: "Record", value: (row) => row.record_key ?? `${row.record_count} not named here`, csv: (row) => row.record_key ?? "" },
    { label: "Video", value: (row) => (row.video_id === null ? "–" : titleOf(catalog, row.video_id)) },
    { label: "What to do", isProse: true, value: (row) => row.advice },
  ];
  return (
    <section class="card">
      <h2>The catalog of {workspace}</h2>
      <DataTable caption="Findings in the catalog" columns={columns} rows={findings} file="audience-catalog-findings" empty="Nothing is wrong with the catalog." />
    </section>
  );
}
