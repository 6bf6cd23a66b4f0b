import type { EChartsCoreOption } from "echarts/core";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { engine, type ChartKind } from "../charts/engine";
import { baseOption } from "../charts/options";
import { paletteOf, type Palette } from "../charts/palette";
import { working } from "../shell/readiness";
import { useTheme } from "../shell/theme";
import { DataTable, type TableProps } from "./DataTable";

export interface ChartProps<Row> {
  title: string;
  /** One sentence for those who do not see the chart: what it shows. */
  summary: string;
  kinds: readonly ChartKind[];
  /** The chart in the colours of the theme, for a plot so many CSS pixels wide; it is drawn again when these or `drawn` change. */
  option: (palette: Palette, width: number) => EChartsCoreOption;
  /** Anything that tells one drawing from the next. */
  drawn: string;
  /** The same numbers as a table: behind "Show as table". */
  table: TableProps<Row>;
  /** In CSS pixels. */
  height?: number;
  /** In CSS pixels: on narrower windows the plot scrolls sideways. */
  minWidth?: number;
  /** A CSS aspect ratio that the plot keeps instead of a height. */
  aspect?: string;
  /** What signs and colours mean, under the title. */
  legend?: ComponentChildren;
  /** Called with what ECharts says of the mark that was clicked. */
  onPick?: (mark: { name: string; data: unknown; dataType?: string }) => void;
  /** Said under the chart and its table. */
  note?: string;
  /** Switches beside the title. */
  children?: ComponentChildren;
}

type Drawing = ReturnType<typeof import("../charts/core").init>;

/** A chart with a title, an accessible summary, and its numbers as a table at the press of a button. */
export function Chart<Row>(props: ChartProps<Row>) {
  const { title, summary, kinds, option, drawn, table, height = 280, minWidth, aspect, legend, onPick, note, children } = props;
  const theme = useTheme();
  const [isTable, setIsTable] = useState(false);
  const [problem, setProblem] = useState("");
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const draw = useRef<() => void>(() => undefined);
  const drawnWidth = useRef(0);
  const pick = useRef(onPick);
  pick.current = onPick;
  const id = useId();

  useLayoutEffect(() => {
    if (isTable) return;
    const done = working();
    let isCurrent = true;
    engine(kinds)
      .then(({ init }) => {
        if (!isCurrent || !place.current) return;
        const palette = paletteOf(theme);
        if (!drawing.current) {
          drawing.current = init(place.current);
          drawing.current.on("click", (mark) => pick.current?.({ name: mark.name, data: mark.data, dataType: mark.dataType }));
        }
        draw.current = () => {
          const width = place.current?.clientWidth;
          // Nothing can be laid out in a place without a size; the observer below draws when it has one.
          if (!width) return;
          drawnWidth.current = width;
          const own = option(palette, width);
          drawing.current?.setOption({ ...baseOption(palette), ...own, aria: { enabled: true, label: { description: summary } } }, true);
        };
        draw.current();
      })
      .catch((error: unknown) => isCurrent && setProblem(`The chart could not be drawn: ${String(error)}`))
      .finally(done);
    return () => {
      isCurrent = false;
      done();
    };
  }, [drawn, summary, theme, isTable]);

  useLayoutEffect(() => {
    if (isTable || !place.current) return;
    const observer = new ResizeObserver(() => {
      drawing.current?.resize();
      if (place.current?.clientWidth !== drawnWidth.current) draw.current();
    });
    observer.observe(place.current);
    return () => {
      observer.disconnect();
      drawing.current?.dispose();
      drawing.current = null;
      draw.current = () => undefined;
    };
  }, [isTable]);

  return (
    <figure class="card chart" aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        {children}
        <button type="button" class="quiet" aria-pressed={isTable} onClick={() => setIsTable(!isTable)}>
          {isTable ? "Show as chart" : "Show as table"}
        </button>
      </div>
      {problem && <p class="notice bad">{problem}</p>}
      {!isTable && legend}
      {isTable ? (
        <DataTable {...table} />
      ) : (
        <Sideways isNeeded={minWidth !== undefined} label={title}>
          <div
            ref={place}
            class="plot"
            role="img"
            aria-label={summary}
            style={{ ...(aspect ? { aspectRatio: aspect } : { height: `${height}px` }), minWidth: minWidth ? `${minWidth}px` : undefined }}
          />
        </Sideways>
      )}
      {note && <p class="aside">{note}</p>}
    </figure>
  );
}

// What scrolls must be reachable by keyboard.
function Sideways({ isNeeded, label, children }: { isNeeded: boolean; label: string; children: ComponentChildren }) {
  if (!isNeeded) return <>{children}</>;
  return (
    <div class="sideways" tabIndex={0} role="region" aria-label={label}>
      {children}
    </div>
  );
}
