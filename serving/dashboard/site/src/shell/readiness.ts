/**
 * `<html data-ready="<page>">` is there when everything that a page asked for is loaded and drawn: tests, screenshots and
 * measurements wait for it. Pages need do nothing: files, page modules and charts report themselves.
 */
let open = 0;
let page = "";

/** Say which page is being shown. */
export function showing(name: string): void {
  page = name;
  settle();
}

/** Something is on its way; call what is returned when it has come. */
export function working(): () => void {
  open += 1;
  delete document.documentElement.dataset["ready"];
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    open -= 1;
    settle();
  };
}

// A file that arrived makes a component draw, which may ask for the next. Components ask in layout effects, that is, before the next
// frame: only what is quiet after it is ready.
function settle(): void {
  requestAnimationFrame(() =>
    setTimeout(() => {
      if (open === 0 && page) document.documentElement.dataset["ready"] = page;
    }, 0),
  );
}
