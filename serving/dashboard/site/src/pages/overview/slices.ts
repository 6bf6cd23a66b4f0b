import type { Catalog } from "../../data/types";
import type { Route } from "../../shell/route";
import type { SliceKind } from "./files";

/** Filters of which the aggregates answer one at a time. */
export const FILTERS = [
  { kind: "campaign", label: "Campaign", all: "All campaigns" },
  { kind: "device_type", label: "Device", all: "All devices" },
  { kind: "country", label: "Country", all: "All countries" },
] as const satisfies readonly { kind: SliceKind; label: string; all: string }[];

export interface ChosenSlice {
  kind: SliceKind;
  label: string;
  value: string;
  name: string;
}

/** The filters that a route sets; more than one cannot be answered. */
export function chosenSlices(route: Route, catalog: Catalog): ChosenSlice[] {
  return FILTERS.flatMap(({ kind, label }) => {
    const value = route.parameters[kind];
    if (!value) return [];
    const known = catalog.slices.find((slice) => slice.slice_kind === kind && slice.slice_value === value);
    return [{ kind, label, value, name: known?.label ?? value }];
  });
}
