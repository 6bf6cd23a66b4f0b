import type { Theme } from "../shell/theme";

/** Colours of a chart. Series are told apart by the colour-blind too (after Okabe and Ito), in each theme with enough contrast. */
export interface Palette {
  series: readonly string[];
  accent: string;
  /** What the accent is compared with. */
  earlier: string;
  good: string;
  bad: string;
  ink: string;
  muted: string;
  line: string;
  surface: string;
  /** From least to most, for heatmaps. */
  ramp: readonly string[];
}

const PALETTES: Record<Theme, Palette> = {
  light: {
    series: ["#0b62b0", "#c75a00", "#00785a", "#a8467f", "#8a6d00", "#3d8fc9", "#5c6470"],
    accent: "#0b62b0",
    earlier: "#8b95a3",
    good: "#00694f",
    bad: "#a93f00",
    ink: "#1b2330",
    muted: "#566171",
    line: "#e1e5ea",
    surface: "#ffffff",
    ramp: ["#eef4fa", "#b9d6ee", "#73aedb", "#2a7cbd", "#0b4f8f", "#06305a"],
  },
  dark: {
    series: ["#6db3f2", "#f0a04b", "#4cc3a0", "#e08fbd", "#e3c94d", "#9fd0f5", "#a7b1be"],
    accent: "#6db3f2",
    earlier: "#8995a5",
    good: "#5fcfae",
    bad: "#f5a46c",
    ink: "#e7ebf1",
    muted: "#a3aebc",
    line: "#2d3642",
    surface: "#1a2029",
    ramp: ["#1f2a38", "#204a70", "#2a6ea8", "#4a97d8", "#8cc4f3", "#d7ebfc"],
  },
};

export function paletteOf(theme: Theme): Palette {
  return PALETTES[theme];
}
