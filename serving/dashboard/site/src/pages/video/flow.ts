import type { NodeRow, Step } from "./files";
import { titlesOf } from "./words";

/** What viewers were in at one place of their paths. */
export interface FlowNode {
  id: string;
  /** The node; null for several folded into one. */
  node: string | null;
  title: string;
  place: number;
  views: number;
  /** Views that went no further. */
  ended: number;
}

export interface FlowLink {
  source: string;
  target: string;
  views: number;
}

export interface Flow {
  nodes: FlowNode[];
  links: FlowLink[];
}

/** More nodes than this at one place are folded into one. */
const MOST_NODES = 8;
const OTHERS = "\nothers";

/**
 * Paths by place: from each node at one place to the nodes at the next, for so many places; what comes after them is folded into
 * "later". Places only increase, so there are no circles, whatever loops the viewers went in.
 */
export function flowOf(steps: readonly Step[], rows: readonly NodeRow[], places: number): Flow {
  const title = titlesOf(rows);
  const kept = Array.from({ length: places + 1 }, (_, place) => keptAt(steps, place));
  const nodes = new Map<string, FlowNode>();
  const links = new Map<string, FlowLink>();
  // Where steps are withheld, or beyond the last place drawn, what came is known and what went is not.
  const leaving = new Set<string>();
  const node = (place: number, id: string): FlowNode => {
    const isLater = place > places;
    const isOther = !isLater && !kept[place]?.has(id);
    const key = isLater ? "later" : `${place} ${isOther ? OTHERS : id}`;
    let found = nodes.get(key);
    if (!found) {
      found = { id: key, node: isLater || isOther ? null : id, title: isLater ? "later" : isOther ? "other nodes" : title(id), place, views: 0, ended: 0 };
      nodes.set(key, found);
    }
    return found;
  };
  for (const { step, node_id, next_node_id, view_count } of steps) {
    if (step > places) continue;
    const from = node(step, node_id);
    from.views += view_count;
    leaving.add(from.id);
    if (next_node_id === null) {
      from.ended += view_count;
      continue;
    }
    const to = node(step + 1, next_node_id);
    const key = `${from.id}\n${to.id}`;
    const link = links.get(key);
    if (link) link.views += view_count;
    else links.set(key, { source: from.id, target: to.id, views: view_count });
  }
  for (const link of links.values()) {
    const to = nodes.get(link.target);
    if (to && !leaving.has(to.id)) to.views += link.views;
  }
  return { nodes: [...nodes.values()], links: [...links.values()] };
}

function keptAt(steps: readonly Step[], place: number): Set<string> {
  const views = new Map<string, number>();
  for (const { step, node_id, next_node_id, view_count } of steps) {
    if (step === place) views.set(node_id, (views.get(node_id) ?? 0) + view_count);
    // With small groups left out, a node may be known as a next one only.
    else if (step === place - 1 && next_node_id !== null && !views.has(next_node_id)) views.set(next_node_id, 0);
  }
  const sorted = [...views].sort((one, other) => other[1] - one[1]);
  return new Set((sorted.length > MOST_NODES ? sorted.slice(0, MOST_NODES - 1) : sorted).map(([id]) => id));
}
