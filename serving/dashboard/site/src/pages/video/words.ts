import { WITHHELD, type Value } from "../../data/types";
import type { NodeRow } from "./files";

/** A count of a row that may be kept back. */
export function shown(row: { is_withheld: boolean }, value: number | null): Value {
  return row.is_withheld ? WITHHELD : value;
}

/** How likely something is without a cause, in words. */
export function chance(p: number): string {
  if (p < 1e-6) return "less than one in a million";
  const odds = 1 / p;
  const digits = 10 ** Math.floor(Math.log10(odds));
  return `about one in ${(Math.round(odds / digits) * digits).toLocaleString("en-GB")}`;
}

/** A text of at most so many characters. */
export function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text;
}

/** Titles of nodes by their ids; ids where the catalog has none. */
export function titlesOf(nodes: readonly NodeRow[]): (node: string) => string {
  const titles = new Map(nodes.map((node) => [node.node_id, node.title]));
  return (node) => titles.get(node) ?? node;
}

/** `The boat (level 1)`, for choosers. */
export function nodeLabel(node: NodeRow): string {
  const notes = [node.level === null ? "" : `level ${node.level}`, node.is_unvisited ? "unvisited" : ""].filter(Boolean);
  return notes.length > 0 ? `${node.title} (${notes.join(", ")})` : node.title;
}

/** `1 view`, `12 views`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;
}
