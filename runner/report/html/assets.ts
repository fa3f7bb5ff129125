import { fileURLToPath } from 'node:url'
import { type BuildOptions, buildSync } from 'esbuild'

/** The scripts that a page can have; each lies in `browser/`. */
export type PageScript = 'run-page' | 'suite-page' | 'trends-page' | 'live-page'

/** What every page holds beside its own content, as text. */
export interface PageAssets {
  styles: string
  /** Runs before anything is drawn. */
  earlyScript: string
  scripts: Record<PageScript, string>
}

let made: PageAssets | undefined

/**
 * The styles and scripts of pages, bundled from what lies beside this file and uPlot. The build of the program calls
 * this once and puts what it returns in the place of this module (scripts/build.ts).
 */
export function pageAssets(): PageAssets {
  made ??= makeAssets()
  return made
}

function makeAssets(): PageAssets {
  const scriptOf = (name: string) => bundled({ entryPoints: [`browser/${name}.ts`], format: 'iife' })
  const sheets = ['./report.css', './timeline.css', './trends.css', './live/live.css', 'uplot/dist/uPlot.min.css']
  const contents = sheets.map((sheet) => `@import '${sheet}';`).join('\n')
  return {
    styles: bundled({ stdin: { contents, loader: 'css', resolveDir: '.' } }),
    earlyScript: scriptOf('theme-early'),
    scripts: {
      'run-page': scriptOf('run-page'),
      'suite-page': scriptOf('suite-page'),
      'trends-page': scriptOf('trends-page'),
      'live-page': scriptOf('live-page'),
    },
  }
}

function bundled(what: BuildOptions): string {
  const absWorkingDir = fileURLToPath(new URL('.', import.meta.url))
  const { outputFiles = [] } = buildSync({
    ...what,
    absWorkingDir,
    bundle: true,
    minify: true,
    write: false,
    charset: 'utf8',
    target: 'es2022',
  })
  return outputFiles[0]?.text.trim() ?? ''
}
