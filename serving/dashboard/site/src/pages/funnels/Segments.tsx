import { grouped } from "../../data/group";
import { unlessWithheld, type Catalog } from "../../data/types";
import { DataTable, type Column } from "../../parts/DataTable";
import { Choices } from "../../parts/fields";
import type { Change, Route } from "../../shell/route";
import type { GoalRow, StepRow } from "./files";
import { nextOf, stepLabel } from "./Steps";

const SEGMENTS = [
  { value: "device_type", label: "Device" },
  { value: "country", label: "Country" },
  { value: "utm_campaign", label: "Campaign" },
];

interface SegmentRow {
  value: string | null;
  steps: StepRow[];
}

interface SegmentsProps {
  funnel: GoalRow;
  steps: readonly StepRow[];
  whole: readonly StepRow[];
  catalog: Catalog;
  route: Route;
  change: (parameters: Change) => void;
}

// A campaign has a name in the catalog; what a viewer came without is not known.
function labelOf(catalog: Catalog, kind: string, value: string | null): string {
  if (value === null) return kind === "utm_campaign" ? "no campaign" : "unknown";
  if (kind !== "utm_campaign") return value;
  return catalog.slices.find((slice) => slice.slice_kind === "campaign" && slice.slice_value === value)?.label ?? value;
}

/** The same steps by what viewers came with: one row per value. */
export function Segments({ funnel, steps, whole, catalog, route, change }: SegmentsProps) {
  const kind = SEGMENTS.find(({ value }) => value === route.parameters["segment"]) ?? SEGMENTS[0]!;
  const ofKind = steps.filter(({ segment_type }) => segment_type === kind.value);
  const rows: SegmentRow[] = [...grouped(ofKind, (step) => step.segment_value)].map(([value, own]) => ({ value, steps: own }));
  const at = (row: SegmentRow, position: number) => row.steps.find((step) => step.position === position);
  const last = whole.at(-1);
  const columns: Column<SegmentRow>[] = [
    { label: kind.label, value: (row) => labelOf(catalog, kind.value, row.value) },
    ...whole.map((step) => ({
      label: stepLabel(step),
      kind: "count" as const,
      value: (row: SegmentRow) => unlessWithheld(at(row, step.position)?.is_withheld ?? false, at(row, step.position)?.reached_viewers ?? null),
    })),
    {
      label: "All the way",
      kind: "percent",
      value: (row) => {
        const end = last && at(row, last.position);
        return unlessWithheld(end?.is_withheld ?? false, end?.share_of_entered ?? null);
      },
    },
    { label: "Mostly did next after step 1", value: (row) => (row.steps[0] ? nextOf(row.steps[0]) : "–") },
  ];
  return (
    <section class="card" aria-labelledby="segments">
      <div class="card-head">
        <h2 id="segments">By what they came with</h2>
        <Choices label="Segment" value={kind.value} options={SEGMENTS} onChange={(segment) => change({ segment: segment === SEGMENTS[0]?.value ? undefined : segment })} />
      </div>
      <DataTable
        key={`${funnel.goal_id}${kind.value}`}
        caption={`Steps by ${kind.label.toLowerCase()}`}
        columns={columns}
        rows={rows}
        sortedBy={whole[0] && stepLabel(whole[0])}
        file={`audience-funnel-${funnel.goal_id}-by-${kind.label.toLowerCase()}`}
        empty={`No ${kind.label.toLowerCase()} is known of who entered.`}
      />
    </section>
  );
}
