import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";
export type Choice = Theme | "system";

const KEY = "audience-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

// Storage may be forbidden: then the choice lasts as long as the page.
function remembered(): Choice {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

function remember(choice: Choice): void {
  try {
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    return;
  }
}

export const ThemeContext = createContext<Theme>("light");

/** The theme that is shown, for what CSS cannot colour. */
export function useTheme(): Theme {
  return useContext(ThemeContext);
}

/** The reader's choice, followed by the document; the system's where they made none. */
export function useThemeChoice(): { theme: Theme; choice: Choice; choose: (choice: Choice) => void } {
  const [choice, setChoice] = useState<Choice>(remembered);
  const [isDark, setIsDark] = useState(dark.matches);
  useEffect(() => {
    const follow = () => setIsDark(dark.matches);
    dark.addEventListener("change", follow);
    return () => dark.removeEventListener("change", follow);
  }, []);
  const theme = choice === "system" ? (isDark ? "dark" : "light") : choice;
  document.documentElement.dataset["theme"] = theme;
  const choose = (chosen: Choice) => {
    remember(chosen);
    setChoice(chosen);
  };
  return { theme, choice, choose };
}
