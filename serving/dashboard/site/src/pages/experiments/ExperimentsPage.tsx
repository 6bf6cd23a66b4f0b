import { useMemo } from "preact/hooks";
import { preload } from "../../charts/engine";
import { useFiles } from "../../data/load";
import { rowsOf } from "../../data/types";
import { formatDay, formatProbability, formatValue } from "../../format";
import type { PageProps } from "../index";
import { FilterBar, SelectField } from "../../parts/fields";
import { Loaded, Notice } from "../../parts/states";
import { titleOf } from "../../parts/VideoField";
import type { ExperimentsFile, ResultRow, VariantRow } from "./files";
import { Outcomes } from "./Outcomes";
import { metricName, variantName, verdictText } from "./verdict";

preload("scatter", "custom");

/** Which variant does better, and how sure that is. */
export default function ExperimentsPage(props: PageProps) {
  const files = useFiles<[ExperimentsFile]>(`experiments/workspace/${props.workspace.file_key}`);
  return (
    <>
      <h1>Experiments</h1>
      <Loaded from={files}>{([file]) => <Content {...props} file={file} />}</Loaded>
    </>
  );
}

function Content({ file, catalog, site, route, change }: PageProps & { file: ExperimentsFile }) {
  const variants = useMemo(() => rowsOf(file.variants), [file]);
  const results = useMemo(() => rowsOf(file.results), [file]);
  const names = [...new Map(variants.map((variant) => [variant.experiment_id, variant.experiment_name]))];
  const experiment = route.parameters["experiment"] ?? names[0]?.[0];
  const own = variants.filter(({ experiment_id }) => experiment_id === experiment);
  const rows = results.filter(({ experiment_id }) => experiment_id === experiment);
  if (names.length === 0) {
    return (
      <Notice title="There is no experiment yet">
        Send experiment_id and variant_id with the events of a view, and write the experiment into the catalog (experiments.ndjson) with its
        variants, their planned shares and the metric it is about.
      </Notice>
    );
  }
  return (
    <>
      <FilterBar label="Filters">
        <SelectField
          label="Experiment"
          value={experiment ?? ""}
          options={names.map(([value, label]) => ({ value, label }))}
          onChange={(value) => change({ experiment: value, metric: undefined })}
        />
      </FilterBar>
      {own[0] ? (
        <>
          <p class="period">{planOf(own, titleOf(catalog, own[0].video_id))}</p>
          <Verdicts rows={rows} unit={unitsOf(own)} minimumViewers={site.minimumViewers} />
          <Outcomes key={experiment} rows={rows} unit={unitsOf(own)} minimumViewers={site.minimumViewers} />
          <Reading />
        </>
      ) : (
        <Notice title={`There is no experiment "${experiment}"`}>Choose one above.</Notice>
      )}
    </>
  );
}

const unitsOf = (variants: readonly VariantRow[]): string => `${variants[0]?.unit ?? "viewer"}s`;

function planOf(variants: readonly VariantRow[], title: string) {
  const first = variants[0];
  const from = first?.starts_on == null ? "the first exposure" : formatDay(first.starts_on);
  const to = first?.ends_on == null ? "" : ` to ${formatDay(first.ends_on)}`;
  const shares = variants.map((variant) => `${variantName(variant)}${variant.planned_share === null ? "" : ` ${formatValue(variant.planned_share, "percent")}`}`);
  return (
    <>
      <strong>
        From {from}
        {to}
      </strong>
      , {first?.video_id ? `in ${title}` : "in every video that carries it"}. Planned: {shares.join(", ")} of the {unitsOf(variants)}.
      {variants.some(({ is_in_catalog }) => !is_in_catalog) && " Variants without a share are not in the catalog."}
    </>
  );
}

function Verdicts({ rows, unit, minimumViewers }: { rows: readonly ResultRow[]; unit: string; minimumViewers: number }) {
  const primary = rows.filter(({ is_primary }) => is_primary);
  const judged = primary.length ? primary : rows.filter(({ metric }) => metric === "completion");
  const control = judged.find(({ is_control }) => is_control);
  const mismatch = rows.find(({ verdict }) => verdict === "sample ratio mismatch");
  return (
    <>
      {mismatch && (
        <Notice tone="bad" title="The variants were not divided as planned">
          The {unit} in each variant differ from the planned shares more than chance explains (p{" "}
          {formatProbability(mismatch.sample_ratio_p_value ?? 0)}). Something sends one variant's viewers elsewhere or loses their events: repair it
          and start anew. No outcome below can be believed.
        </Notice>
      )}
      {judged
        .filter(({ is_control }) => !is_control)
        .map((row) => (
          <div key={row.variant_id} class={`verdict ${row.verdict === "better" ? "good" : row.verdict === "worse" ? "bad" : "open"}`}>
            <p class="verdict-text">{verdictText(row, control, unit, minimumViewers)}</p>
            <p class="aside">
              {row.is_primary ? "The metric the experiment is about" : "No metric was named for the experiment, so this is completion"}: {metricName(row.metric)}, compared
              with {control?.variant_id ?? "the control"}.
            </p>
          </div>
        ))}
    </>
  );
}

function Reading() {
  return (
    <details class="card">
      <summary>
        <h2>How to read this</h2>
      </summary>
      <ul class="prose">
        <li>The lift is how much more or less the variant brings than the control. Its whisker holds the true lift in 95 of 100 experiments: where it crosses 0 the variant may be no better.</li>
        <li>
          The adjusted p-value is how often chance alone would make a difference this large, with all comparisons of the experiment taken into
          account (Holm): who looks at five metrics finds one by chance more easily than who looks at one. Below 0.05 a variant is called better or
          worse. The primary metric is judged by itself, all others together.
        </li>
        <li>"Needed" is how many per variant it takes to see a lift of a fifth in 80 of 100 experiments.</li>
        <li>Decide when the planned number is reached: who stops at the first "better" is wrong more often than 5 times in 100.</li>
      </ul>
    </details>
  );
}
