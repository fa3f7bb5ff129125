import { createHash } from 'node:crypto'
import { pageAssets } from '../assets.ts'
import { Markup } from '../markup.ts'
import { renderPage } from '../page.ts'
import type { LiveMessage, LiveState } from './live-data.ts'

/** The page that follows a run, with what is known now in it; its script asks `events` beside it for more. */
export function livePage(state: LiveState, nowMs: number): string {
  const message: LiveMessage = { nowMs, state }
  return renderPage({
    title: state.title,
    navigation: state.sections.map(({ id, name }) => ({ id, name })),
    body: state.sections.map((section) => new Markup(section.html)),
    script: 'live-page',
    data: message,
    follows: true,
  })
}

/**
 * The Content-Security-Policy of every page that is served: stricter than the one in the page, which also holds where a
 * page is read from the disk. Scripts are those of this program, and no other text runs, whatever a page should hold.
 */
export function servedPolicy(): string {
  const { earlyScript, scripts } = pageAssets()
  const hashes = [earlyScript, ...Object.values(scripts)].map(
    (script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  )
  return [
    "default-src 'none'",
    "connect-src 'self'",
    "style-src 'unsafe-inline'",
    `script-src ${hashes.join(' ')}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
