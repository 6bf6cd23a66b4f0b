import { WITHHELD, type Value } from "../../data/types";
import { formatDay, formatSeconds, formatWeekday, isoDay, parseDay } from "../../format";
import { DataTable, type Column } from "../../parts/DataTable";
import { Choices, FilterBar, SelectField } from "../../parts/fields";
import type { Change, Route } from "../../shell/route";
import type { NodeRow } from "../video/files";
import { counted, titlesOf } from "../video/words";
import type { ElementDay, ElementRow } from "./files";

interface HotspotsProps {
  elements: readonly ElementRow[];
  days: readonly ElementDay[];
  node: NodeRow;
  nodes: readonly NodeRow[];
  route: Route;
  change: (parameters: Change) => void;
  minimumViewers: number;
  file: string;
}

/** An element with its numbers of all dates, or of one day. */
interface Hotspot {
  element: ElementRow;
  clicks: Value;
  exposedViews: Value;
  clickingViews: Value;
  /** Over all dates only: of a day there are the viewers who answered. */
  answeringViews: Value;
  skips: Value;
  /** Counted by day only: viewers of several days do not add up. */
  exposedViewers: Value;
  clickingViewers: Value;
  answeringViewers: Value;
}

/** Elements of the node and what viewers did with them. */
export function Hotspots(props: HotspotsProps) {
  const { elements, days, route, change, minimumViewers, file } = props;
  const isAll = route.parameters["versions"] === "all";
  const known = [...new Set(days.map((row) => row.date_day))].sort((one, other) => other - one);
  const asked = parseDay(route.parameters["day"]);
  const day = asked !== null && known.includes(asked) ? asked : null;
  const current = elements.filter((element) => element.is_current);
  const rows = (isAll ? elements : current).map((element) => (day === null ? ofAllDates(element) : ofDay(element, days, day)));
  const earlier = elements.length - current.length;
  const withheld = rows.reduce((sum, { element }) => sum + element.withheld_days, 0);
  return (
    <section class="card stack" aria-labelledby="hotspots">
      <h2 id="hotspots">Hotspots, {day === null ? "all dates" : formatDay(day)}</h2>
      <FilterBar label="Hotspots">
        <SelectField
          label="Day"
          value={day === null ? "" : isoDay(day)}
          options={[{ value: "", label: "All dates" }, ...known.map((value) => ({ value: isoDay(value), label: formatWeekday(value) }))]}
          onChange={(value) => change({ day: value })}
        />
        {earlier > 0 && (
          <Choices
            label="Versions of elements"
            value={isAll ? "all" : "current"}
            options={[
              { value: "current", label: "Current versions" },
              { value: "all", label: `With ${counted(earlier, "earlier one")}` },
            ]}
            onChange={(value) => change({ versions: value === "all" ? "all" : undefined })}
          />
        )}
      </FilterBar>
      <DataTable
        key={`${day ?? "all"} ${isAll}`}
        caption={`Hotspots of ${props.node.title}`}
        columns={columnsOf(props, day !== null, isAll)}
        rows={rows}
        file={day === null ? file : `${file}-${isoDay(day)}`}
        empty="This node has no elements."
      />
      {rows.length > 0 && (
        <p class="note">
          {day === null
            ? "Over all dates click-through and answers are rates of views. Viewers do not add up over days: choose a day for clicking viewers and their rates."
            : "Both click-through rates are of this day: of its views, and of its distinct viewers."}
          {day === null && withheld > 0 && ` ${counted(withheld, "day is", "days are")} in no sum: fewer than ${minimumViewers} viewers met the element.`}
        </p>
      )}
    </section>
  );
}

function ofAllDates(element: ElementRow): Hotspot {
  const isWithheld = element.day_count > 0 && element.day_count === element.withheld_days;
  const value = (count: number): Value => (isWithheld ? WITHHELD : count);
  return {
    element,
    clicks: value(element.clicks),
    exposedViews: value(element.exposed_views),
    clickingViews: value(element.clicking_views),
    answeringViews: value(element.answering_views),
    skips: value(element.skips),
    exposedViewers: null,
    clickingViewers: null,
    answeringViewers: null,
  };
}

function ofDay(element: ElementRow, days: readonly ElementDay[], day: number): Hotspot {
  const row = days.find((candidate) => candidate.date_day === day && candidate.element_id === element.element_id && candidate.version_number === element.version_number);
  const value = (count: number | null | undefined): Value => (row?.is_withheld ? WITHHELD : (count ?? 0));
  return {
    element,
    clicks: value(row?.clicks),
    exposedViews: value(row?.exposed_views),
    clickingViews: value(row?.clicking_views),
    answeringViews: null,
    skips: value(row?.skips),
    exposedViewers: value(row?.exposed_viewers),
    clickingViewers: value(row?.clicking_viewers),
    answeringViewers: value(row?.answering_viewers),
  };
}

function columnsOf({ node, nodes }: HotspotsProps, isDay: boolean, isAll: boolean): Column<Hotspot>[] {
  const title = titlesOf(nodes);
  const known = new Set(nodes.map(({ node_id }) => node_id));
  const destination = (row: Hotspot) => row.element.destination;
  return [
    { label: "Hotspot", value: (row) => row.element.name },
    ...(isAll ? [{ label: "Version", value: (row: Hotspot) => versionText(row.element) }] : []),
    { label: "Type", value: (row) => row.element.element_type ?? "–" },
    {
      label: "Leads to",
      value: (row) => destination(row) ?? "",
      text: (row) => {
        const to = destination(row);
        return to === null ? "–" : known.has(to) ? title(to) : to;
      },
      link: (row) => webAddress(destination(row)),
    },
    { label: "Clicks", kind: "count", value: (row) => row.clicks },
    ...(isDay ? [{ label: "Clicking viewers", kind: "count" as const, value: (row: Hotspot) => row.clickingViewers }] : []),
    { label: "Clicking views", kind: "count", value: (row) => row.clickingViews },
    ...(isDay ? [{ label: "Exposed viewers", kind: "count" as const, value: (row: Hotspot) => row.exposedViewers }] : []),
    { label: "Exposures", kind: "count", value: (row) => row.exposedViews },
    ...(isDay ? [{ label: "CTR by viewers", kind: "percent" as const, value: (row: Hotspot) => rate(row.clickingViewers, row.exposedViewers) }] : []),
    { label: "CTR by views", kind: "percent", value: (row) => rate(row.clickingViews, row.exposedViews) },
    { label: "Skips", kind: "count", value: (row) => row.skips },
    isDay
      ? { label: "Answer rate", kind: "percent", value: (row) => rate(row.answeringViewers, row.exposedViewers) }
      : { label: "Answer rate", kind: "percent", value: (row) => rate(row.answeringViews, row.exposedViews) },
    { label: "On screen", value: (row) => windowText(row.element) },
    { label: "Level", kind: "count", value: () => node.level },
  ];
}

function rate(part: Value, whole: Value): Value {
  if (typeof part !== "number") return part;
  if (typeof whole !== "number") return whole;
  return whole === 0 ? null : part / whole;
}

/** An address is a link only where it is one of the web: a catalog may say anything. */
function webAddress(destination: string | null): string | undefined {
  return destination !== null && /^https?:\/\//i.test(destination) ? destination : undefined;
}

function windowText({ from_seconds, to_seconds }: ElementRow): string {
  if (from_seconds === null && to_seconds === null) return "throughout";
  return `${formatSeconds(from_seconds ?? 0)} – ${to_seconds === null ? "end" : formatSeconds(to_seconds)}`;
}

function versionText(element: ElementRow): string {
  if (!element.is_in_catalog) return "not in the catalog";
  const from = element.valid_from === null ? "" : ` from ${formatDay(element.valid_from)}`;
  const to = element.valid_to === null ? "" : ` until ${formatDay(element.valid_to)}`;
  return `${element.version_number}${from}${to}`;
}
