import type { CellRow } from "./files";

/** Cells a side, and seconds a bucket (rule 34). */
export const CELLS = 20;
export const BUCKET_SECONDS = 2;

/** Clicks in one cell of the frame over some seconds. */
export interface Cell {
  x: number;
  y: number;
  clicks: number;
  hits: number;
  nearMisses: number;
  falseClicks: number;
  unknown: number;
}

/** Seconds of the node, from its bucket on. */
export interface Moment {
  from: number;
  length: number;
}

export interface Measure {
  name: string;
  label: string;
  /** Said where there are none. */
  none: string;
  of: (cell: Cell) => number;
}

export const MEASURES: readonly Measure[] = [
  { name: "all", label: "All clicks", none: "Nobody clicked", of: (cell) => cell.clicks },
  { name: "hits", label: "Hits", none: "Nobody hit an element", of: (cell) => cell.hits },
  { name: "near", label: "Near misses", none: "Nobody nearly missed an element", of: (cell) => cell.nearMisses },
  { name: "false", label: "False clicks", none: "Nobody clicked where nothing is", of: (cell) => cell.falseClicks },
];

/** Clicks by cell, over the whole node or a moment; clicks add up, viewers would not. */
export function cellsOf(rows: readonly CellRow[], moment: Moment | null): Cell[] {
  const cells = new Map<number, Cell>();
  for (const row of rows) {
    const { from_second, cell_x, cell_y } = row;
    if (from_second === null || cell_x === null || cell_y === null) continue;
    if (moment && (from_second < moment.from || from_second >= moment.from + moment.length)) continue;
    const key = cell_y * CELLS + cell_x;
    let cell = cells.get(key);
    if (!cell) cells.set(key, (cell = { x: cell_x, y: cell_y, clicks: 0, hits: 0, nearMisses: 0, falseClicks: 0, unknown: 0 }));
    cell.clicks += row.clicks ?? 0;
    cell.hits += row.hits ?? 0;
    cell.nearMisses += row.near_misses ?? 0;
    cell.falseClicks += row.false_clicks ?? 0;
    cell.unknown += row.unknown_clicks ?? 0;
  }
  return [...cells.values()].sort((one, other) => one.y - other.y || one.x - other.x);
}

/** Whether something is on the picture within a moment; always over the whole node. */
export function isOnScreen(window: { from_seconds: number | null; to_seconds: number | null }, moment: Moment | null): boolean {
  return !moment || ((window.from_seconds ?? 0) < moment.from + moment.length && (window.to_seconds ?? Infinity) > moment.from);
}
