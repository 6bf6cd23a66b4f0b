import { useMemo, useState } from "preact/hooks";
import { isKnown, type Value } from "../data/types";
import { formatValue, type Kind } from "../format";
import { csvText, download } from "./csv";

export interface Column<Row> {
  label: string;
  /** What is sorted and written to CSV: a text, or a measure. */
  value: (row: Row) => Value | string;
  /** How a measure is shown; left out for texts. */
  kind?: Kind;
  /** What is shown instead of the value, for instance a date. */
  text?: (row: Row) => string;
  /** What is written to CSV instead of the value, for instance an ISO date. */
  csv?: (row: Row) => string;
  /** Long text that breaks into lines. */
  isProse?: boolean;
  /** Where the cell leads; undefined where it leads nowhere. */
  link?: (row: Row) => string | undefined;
}

export interface TableProps<Row> {
  /** Read out before the table. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** File name of the CSV, without its ending. */
  file: string;
  /** Label of the column that is sorted at first; the order of the rows where left out. */
  sortedBy?: string;
  /** Said in place of a table without rows. */
  empty?: string;
}

const SHOWN_AT_FIRST = 50;

/** A table that sorts by any column, shows long lists in parts, and can be downloaded whole as CSV. The first column heads its row. */
export function DataTable<Row>({ caption, columns, rows, file, sortedBy, empty = "There is nothing to list." }: TableProps<Row>) {
  const [sort, setSort] = useState<{ label: string; isDown: boolean } | null>(sortedBy ? { label: sortedBy, isDown: true } : null);
  const [limit, setLimit] = useState(SHOWN_AT_FIRST);
  const sorted = useMemo(() => {
    const column = columns.find((candidate) => candidate.label === sort?.label);
    return column && sort ? [...rows].sort((one, other) => compare(column.value(one), column.value(other), sort.isDown)) : rows;
  }, [rows, columns, sort]);
  const save = () => {
    const cells = sorted.map((row) => columns.map((column) => (column.csv ? column.csv(row) : column.value(row))));
    download(`${file}.csv`, csvText(columns.map((column) => column.label), cells));
  };
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    <div class="table">
      <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
        <table>
          <caption class="unseen">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => {
                const isSorted = sort?.label === column.label;
                const order = isSorted ? (sort.isDown ? "descending" : "ascending") : "none";
                return (
                  <th key={column.label} scope="col" aria-sort={order} class={column.kind ? "number" : ""}>
                    <button
                      type="button"
                      onClick={() => setSort({ label: column.label, isDown: isSorted ? !sort.isDown : column.kind !== undefined })}
                    >
                      {column.label}
                      <span class="arrow" aria-hidden="true">
                        {isSorted ? (sort.isDown ? "↓" : "↑") : ""}
                      </span>
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, limit).map((row, place) => (
              <tr key={place}>
                {columns.map((column, position) => (
                  <Cell key={column.label} column={column} row={row} isHead={position === 0} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="table-foot">
        <span>
          {rows.length > limit ? `${limit} of ${rows.length.toLocaleString("en-GB")} rows` : `${rows.length} ${rows.length === 1 ? "row" : "rows"}`}
        </span>
        {rows.length > limit && (
          <button type="button" class="quiet" onClick={() => setLimit(limit + 200)}>
            Show more
          </button>
        )}
        <button type="button" class="quiet" onClick={save}>
          Download CSV
        </button>
      </div>
    </div>
  );
}

// Whoever follows a link out of the site is not told where they come from, and keeps the page.
const LEAVING = { rel: "noreferrer", target: "_blank" };

function Cell<Row>({ column, row, isHead }: { column: Column<Row>; row: Row; isHead: boolean }) {
  const value = column.value(row);
  const text = column.text ? column.text(row) : column.kind ? formatValue(value as Value, column.kind) : (value ?? "–");
  const address = column.link?.(row);
  const content = address === undefined ? text : <a href={address} {...(address.startsWith("#") ? {} : LEAVING)}>{text}</a>;
  const kept = column.kind && !isKnown(value as Value) ? " kept" : "";
  if (isHead) return <th scope="row">{content}</th>;
  return <td class={`${column.kind ? "number" : column.isProse ? "prose" : ""}${kept}`}>{content}</td>;
}

// Numbers by size, texts by the alphabet; what is not known comes last either way.
function compare(one: Value | string, other: Value | string, isDown: boolean): number {
  const direction = isDown ? -1 : 1;
  if (typeof one === "number" && typeof other === "number") return direction * (one - other);
  if (typeof one === "number") return -1;
  if (typeof other === "number") return 1;
  return direction * String(one ?? "").localeCompare(String(other ?? ""), "en");
}
