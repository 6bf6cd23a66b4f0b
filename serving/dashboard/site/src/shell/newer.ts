import { useEffect, useState } from "preact/hooks";

/** Whether the site was published anew since this page was opened; asked when the reader comes back to it. */
export function useNewerData(): boolean {
  const [isNewer, setIsNewer] = useState(false);
  useEffect(() => {
    const shown = document.documentElement.dataset["generation"];
    const ask = async () => {
      if (document.visibilityState !== "visible") return;
      try {
        const answer = await fetch("data/current.json", { cache: "no-cache" });
        if (answer.ok) setIsNewer(((await answer.json()) as { data: string }).data !== shown);
      } catch {
        // The server is away: what is shown stays as it is.
      }
    };
    document.addEventListener("visibilitychange", ask);
    return () => document.removeEventListener("visibilitychange", ask);
  }, []);
  return isNewer;
}
