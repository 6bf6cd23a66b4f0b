import type { ComponentChildren } from "preact";
import type { Loading } from "../data/load";

/** Something to say instead of numbers, or beside them. */
export function Notice({ title, children, tone = "plain" }: { title?: string; children: ComponentChildren; tone?: "plain" | "bad" }) {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {title && <strong>{title}</strong>}
      <div>{children}</div>
    </div>
  );
}

/** What a file's content is drawn as; until it is there a quiet placeholder, and an error that says what to do. */
export function Loaded<Result>({ from, children }: { from: Loading<Result>; children: (data: Result) => ComponentChildren }) {
  if (from.state === "loading") return <p class="loading" role="status">Loading …</p>;
  if (from.state === "error") {
    return (
      <Notice tone="bad" title="This could not be loaded">
        {from.message}
      </Notice>
    );
  }
  return <>{children(from.data)}</>;
}
