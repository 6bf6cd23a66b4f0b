import { defineConfig } from "vite";

// Relative addresses: the site works in any folder of any web server.
export default defineConfig({
  base: "./",
  build: { target: "es2023", modulePreload: { polyfill: false }, chunkSizeWarningLimit: 700, assetsInlineLimit: 0 },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
