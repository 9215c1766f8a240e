import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.EVALWRIGHT_URL ?? "http://127.0.0.1:4318";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "dist",
    // The page's content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { "/api": server } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
