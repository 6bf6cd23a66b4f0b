/** Kinds of charts; each is loaded when a page first draws one. A new kind is a file beside this one and a line here. */
const KINDS = {
  line: () => import("./line"),
  bar: () => import("./bar"),
  scatter: () => import("./scatter"),
  heatmap: () => import("./heatmap"),
  sankey: () => import("./sankey"),
  graph: () => import("./graph"),
  custom: () => import("./custom"),
};

export type ChartKind = keyof typeof KINDS;

/** Ask for what a page will draw while its numbers are on their way. */
export function preload(...kinds: ChartKind[]): void {
  // What cannot be loaded says so where it is drawn.
  engine(kinds).catch(() => undefined);
}

/** ECharts with the kinds that a chart is made of. */
export async function engine(kinds: readonly ChartKind[]): Promise<typeof import("./core")> {
  const [core] = await Promise.all([import("./core"), ...kinds.map((kind) => KINDS[kind]())]);
  return core;
}
