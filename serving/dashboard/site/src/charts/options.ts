import type { EChartsCoreOption } from "echarts/core";
import { formatTick, type Kind } from "../format";
import type { Palette } from "./palette";

/** What all charts have in common. Tooltips are drawn on the canvas: the page's security policy allows no markup with styles. */
export function baseOption(palette: Palette): EChartsCoreOption {
  return {
    animation: false,
    color: [...palette.series],
    textStyle: { color: palette.ink, fontFamily: "system-ui, sans-serif", fontSize: 12 },
    aria: { enabled: true },
    tooltip: tooltip(palette),
  };
}

export function tooltip(palette: Palette): Record<string, unknown> {
  return {
    renderMode: "richText",
    confine: true,
    backgroundColor: palette.surface,
    borderColor: palette.line,
    padding: [8, 12],
    textStyle: { color: palette.ink, fontSize: 12, lineHeight: 18 },
  };
}

/** An axis of names or dates. */
export function categoryAxis(palette: Palette, labels: readonly string[]): Record<string, unknown> {
  return {
    type: "category",
    data: [...labels],
    axisLine: { lineStyle: { color: palette.line } },
    axisTick: { show: false },
    axisLabel: { color: palette.muted, hideOverlap: true, margin: 10 },
  };
}

/** An axis of a measure, from zero. */
export function valueAxis(palette: Palette, kind: Kind, name = ""): Record<string, unknown> {
  return {
    type: "value",
    min: 0,
    minInterval: kind === "count" ? 1 : undefined,
    name,
    nameTextStyle: { color: palette.muted, align: "left" },
    splitNumber: 4,
    splitLine: { lineStyle: { color: palette.line } },
    axisLabel: { color: palette.muted, formatter: (value: number) => formatTick(value, kind) },
  };
}

/** A legend above the plot, at its left edge. */
export function legend(palette: Palette, names: readonly string[]): Record<string, unknown> {
  return {
    data: [...names],
    top: 0,
    left: 0,
    itemWidth: 18,
    itemHeight: 10,
    itemGap: 18,
    textStyle: { color: palette.muted },
    inactiveColor: palette.line,
  };
}
