import type { NodeRow, Transition } from "./files";

/** Where a node lies, in CSS pixels of the plot. */
export interface Place {
  x: number;
  y: number;
}

export const COLUMN_WIDTH = 170;
export const ROW_HEIGHT = 96;

/** Nodes in columns by their level, from left to right; those that no way leads to come last. */
export function columnsOf(nodes: readonly NodeRow[]): NodeRow[][] {
  const levels = [...new Set(nodes.map((node) => node.level ?? Infinity))].sort((one, other) => one - other);
  return levels.map((level) => nodes.filter((node) => (node.level ?? Infinity) === level));
}

/** Places of all nodes in a plot; in a column they follow the nodes they are reached from, so that fewer edges cross. */
export function placesOf(nodes: readonly NodeRow[], transitions: readonly Transition[], width: number, height: number): Map<string, Place> {
  const places = new Map<string, Place>();
  const columns = columnsOf(nodes);
  const margin = Math.min(90, width / 6);
  const step = columns.length > 1 ? (width - 2 * margin) / (columns.length - 1) : 0;
  columns.forEach((column, depth) => {
    const pull = new Map(column.map((node) => [node.node_id, pullOf(node.node_id, transitions, places)]));
    const sorted = [...column].sort((one, other) => (pull.get(one.node_id) ?? 0) - (pull.get(other.node_id) ?? 0));
    sorted.forEach((node, place) =>
      places.set(node.node_id, {
        x: columns.length > 1 ? margin + depth * step : width / 2,
        y: ((place + 0.5) * (height - 24)) / sorted.length,
      }),
    );
  });
  return places;
}

// The mean height of what leads here and is placed already, by traffic; offered edges count a little.
function pullOf(node: string, transitions: readonly Transition[], places: Map<string, Place>): number {
  let weight = 0;
  let sum = 0;
  for (const { from_node_id, to_node_id, transition_count } of transitions) {
    const from = to_node_id === node && from_node_id !== null ? places.get(from_node_id) : undefined;
    if (!from) continue;
    const traffic = 1 + (transition_count ?? 0);
    weight += traffic;
    sum += traffic * from.y;
  }
  return weight === 0 ? 0 : sum / weight;
}

/** What a bend must be for a line to pass so many CSS pixels beside the straight one. */
export function bendOf(from: Place | undefined, to: Place | undefined, pixels: number): number {
  const distance = from && to ? Math.hypot(to.x - from.x, to.y - from.y) : 0;
  return distance === 0 ? 0 : Math.max(-1, Math.min(1, (2 * pixels) / distance));
}
