import { type PageScript, pageAssets } from './assets.ts'
import { type Content, html, Markup, scriptJson } from './markup.ts'

/** A whole page, in one file. */
export interface Page {
  title: string
  /** Places within the page, by id. */
  navigation: { id: string; name: string }[]
  body: Content
  script: PageScript
  /** What the script is handed. */
  data: unknown
  /** Its script may ask where the page came from for more; without it, for nothing. */
  follows?: true
}

/** Nothing is fetched from anywhere, whatever a page should hold. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
const FOLLOWING_POLICY = `${POLICY}; connect-src 'self'`

/** The page as one text, which works from a file and asks no network for anything. */
export function renderPage(page: Page): string {
  const { styles, earlyScript, scripts } = pageAssets()
  const links = page.navigation.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(page.follows ? FOLLOWING_POLICY : POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${page.title}</title>
<script>${new Markup(earlyScript)}</script>
<style>${new Markup(styles)}</style>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="top">
<span class="brand">redis-chaos</span>
<nav aria-label="Sections"><ul class="places">${links}</ul></nav>
<button type="button" id="theme">Dark</button>
</header>
<main id="main" tabindex="-1">
${page.body}
</main>
<script type="application/json" id="data">${scriptJson(page.data)}</script>
<script>${new Markup(scripts[page.script])}</script>
</body>
</html>
`
  return document.text
}
