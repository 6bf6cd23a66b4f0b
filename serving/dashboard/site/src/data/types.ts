/** A column-oriented table as the exporter writes it; dates are days since 1970-01-01. */
export interface Dataset<Row> {
  rows: number;
  columns: { [Name in keyof Row]: Row[Name][] };
}

/** The file `index/site/all.json`. */
export interface IndexFile {
  publication: Dataset<{ generation: number; published_at: string; minimum_viewers: number; history_days: number }>;
  workspaces: Dataset<Workspace>;
}

export interface Workspace {
  workspace_id: string;
  file_key: string;
  first_date: number;
  last_date: number;
  recorded_since: number;
}

/** The file `catalog/workspace/<workspace>.json`. */
export interface CatalogFile {
  videos: Dataset<Video>;
  slices: Dataset<Slice>;
}

export interface Video {
  video_id: string;
  file_key: string;
  title: string;
  kind: string | null;
  is_in_catalog: boolean;
}

export interface Slice {
  slice_kind: string;
  slice_value: string;
  label: string;
}

/** What every page is told about the data. */
export interface Site {
  generation: number;
  publishedAt: string;
  minimumViewers: number;
  workspaces: Workspace[];
}

export interface Catalog {
  videos: Video[];
  slices: Slice[];
}

/** A measure of a group that is too small to be shown. It is never 0 and never null, which mean what they say. */
export const WITHHELD = "withheld";
/** A measure that the exported aggregates cannot answer for these dates. */
export const UNCOUNTED = "uncounted";

/** A measure: a number, null where there is no denominator or nothing known, or why it is not shown. */
export type Value = number | null | typeof WITHHELD | typeof UNCOUNTED;

export function isKnown(value: Value | undefined): value is number {
  return typeof value === "number";
}

/** A measure of a row of which it is known whether it had to be withheld. */
export function unlessWithheld(isWithheld: boolean, value: number | null): Value {
  return isWithheld ? WITHHELD : value;
}

/** A dataset's rows as objects, in the order of the file. */
export function rowsOf<Row extends object>(dataset: Dataset<Row>): Row[] {
  const names = Object.keys(dataset.columns) as (keyof Row)[];
  return Array.from({ length: dataset.rows }, (_, place) => {
    const row = {} as Row;
    for (const name of names) row[name] = dataset.columns[name][place] as Row[keyof Row];
    return row;
  });
}
