import { isoDay } from "../../format";
import type { PageProps } from "../index";
import { DateField, FilterBar, SelectField } from "../../parts/fields";
import { choiceOf, presetDates, presetOf, PRESETS } from "./periods";
import { FILTERS } from "./slices";

/** Dates, comparison and slices; all of them in the address. */
export function Filters({ workspace, catalog, route, change }: PageProps) {
  const { span, comparison } = choiceOf(route, workspace);
  const known = workspace.last_date - workspace.first_date + 1;
  const preset = presetOf(span, workspace);
  const presets = [
    ...PRESETS.filter((days) => days < known).map((days) => ({ value: String(days), label: `Last ${days} days` })),
    { value: "all", label: "All days" },
    ...(preset === "custom" ? [{ value: "custom", label: "Chosen dates" }] : []),
  ];
  const bounds = { min: isoDay(workspace.first_date), max: isoDay(workspace.last_date) };
  const from = isoDay(span.from);
  const to = isoDay(span.to);
  return (
    <FilterBar label="Filters">
      <SelectField
        label="Dates"
        value={preset}
        options={presets}
        onChange={(value) => value !== "custom" && change(presetDates(value, workspace))}
      />
      <DateField label="From" {...bounds} value={from} onChange={(value) => change({ from: value, to: value > to ? value : to })} />
      <DateField label="To" {...bounds} value={to} onChange={(value) => change({ from: value < from ? value : from, to: value })} />
      <SelectField
        label="Compare with"
        value={comparison}
        options={[
          { value: "previous", label: "Previous period" },
          { value: "year", label: "A year before" },
          { value: "custom", label: "Chosen start" },
          { value: "none", label: "Nothing" },
        ]}
        onChange={(value) => change({ compare: value, compare_from: value === "custom" ? isoDay(workspace.first_date) : undefined })}
      />
      {comparison === "custom" && (
        <DateField
          label="Compared from"
          {...bounds}
          value={route.parameters["compare_from"] ?? ""}
          onChange={(value) => change({ compare_from: value })}
        />
      )}
      {FILTERS.map(({ kind, label, all }) => {
        const slices = catalog.slices.filter((slice) => slice.slice_kind === kind);
        if (slices.length === 0) return null;
        const options = [{ value: "", label: all }, ...slices.map((slice) => ({ value: slice.slice_value, label: slice.label }))];
        return <SelectField key={kind} label={label} value={route.parameters[kind] ?? ""} options={options} onChange={(value) => change({ [kind]: value })} />;
      })}
    </FilterBar>
  );
}
