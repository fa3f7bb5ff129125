import { type AnyVerdict, VERDICT_LOOKS } from '../verdicts.ts'
import { html, type Markup } from './markup.ts'

/** A verdict as a word with its mark: told without colour too. */
export function badge(verdict: AnyVerdict, word = VERDICT_LOOKS[verdict].word): Markup {
  return html`<span class="badge ${verdict}"><span aria-hidden="true">${VERDICT_LOOKS[verdict].mark}</span> ${word}</span>`
}

/** A command for people to paste. */
export function command(text: string, name: string): Markup {
  return html`<div class="command"><code tabindex="0" aria-label="${name}">${text}</code><button type="button" class="copy">Copy</button></div>`
}

/** `name` and what it is, where it is known. */
export function pairs(facts: readonly (readonly [name: string, value: string | Markup | undefined])[]): Markup {
  const known = facts.filter(([, value]) => value !== undefined && value !== '')
  return html`<dl class="pairs">${known.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
}
